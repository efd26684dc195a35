"""The set-up pages about demand: purposes, quotas, reminders, calendar addresses, and, to read, what was booked."""

from bookings.admin import feeds, purposes, quotas, records, reminders

__all__ = ["feeds", "purposes", "quotas", "records", "reminders"]

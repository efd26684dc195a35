"""The set-up pages about demand: purposes, quotas, certificates, reminders, calendar addresses, and, to read, what was
booked."""

from bookings.admin import certificates, concerns, feeds, purposes, quotas, records, reminders

__all__ = ["certificates", "concerns", "feeds", "purposes", "quotas", "records", "reminders"]

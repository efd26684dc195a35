"""The set-up pages about demand: purposes, quotas, certificates, reminders, and what was booked, to read."""

from bookings.admin import certificates, concerns, purposes, quotas, records, reminders

__all__ = ["certificates", "concerns", "purposes", "quotas", "records", "reminders"]

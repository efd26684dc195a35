"""The API's calls about free time, bookings and reservations."""

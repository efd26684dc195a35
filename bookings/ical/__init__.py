"""Bookings as calendar files."""

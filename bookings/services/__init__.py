"""The verbs of booking. Each is one transaction, takes keyword arguments only and never sees a request."""

from bookings.services.book import Outcome, book
from bookings.services.change import cancel, cancel_booking, move, reassign
from bookings.services.evaluating import Overriding
from bookings.services.finding import Found, find_times
from bookings.services.preferences import choose_for_type
from bookings.services.search import find_slots, next_free

__all__ = [
    "Found",
    "Outcome",
    "Overriding",
    "book",
    "cancel",
    "cancel_booking",
    "choose_for_type",
    "find_slots",
    "find_times",
    "move",
    "next_free",
    "reassign",
]

"""The verbs of booking. Each is one transaction, takes keyword arguments only and never sees a request."""

from bookings.services.book import Outcome, book
from bookings.services.certificates import grant, withdraw
from bookings.services.change import cancel, cancel_booking, move, rechoose
from bookings.services.concerns import settle
from bookings.services.decide import approve, approve_all, decline, decline_all
from bookings.services.finding import Found, find_times
from bookings.services.judging import Overriding
from bookings.services.preferences import choose_for_person, choose_for_type
from bookings.services.search import find_slots, next_free
from bookings.services.use import check_in, check_out, nobody_came

__all__ = [
    "Found",
    "Outcome",
    "Overriding",
    "approve",
    "approve_all",
    "book",
    "cancel",
    "cancel_booking",
    "check_in",
    "check_out",
    "choose_for_person",
    "choose_for_type",
    "decline",
    "decline_all",
    "find_slots",
    "find_times",
    "grant",
    "move",
    "next_free",
    "nobody_came",
    "rechoose",
    "settle",
    "withdraw",
]

"""The guarantee, fought over: many connections at once, real threads, a barrier, a real PostgreSQL."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, connections

from bookings.models import Reservation, Use
from bookings.scheduling.placement import RequestedSlot
from bookings.services import book, move
from core.refusals import Refusal, Refused
from floor.services import check_in
from tests.conftest import MONDAY, NOW, wall

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 40
ROUNDS = 20


def at_once(works: list[Callable[[], object]]) -> Counter:
    """Run every work on a connection of its own, all let go at the same moment; how often each outcome came."""
    barrier = Barrier(len(works))

    def run(work):
        try:
            connection.ensure_connection()
            barrier.wait()
            work()
            return "booked"
        except Refused as refused:
            return ",".join(sorted({r.code for r in refused.refusals}))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return Counter(pool.map(run, works))


def assert_nothing_overlaps():
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM bookings_reservation a JOIN bookings_reservation b
               ON a.id < b.id AND a.equipment_id = b.equipment_id AND a.occupied && b.occupied
               AND a.state IN ('requested','offered','confirmed','in_use')
               AND b.state IN ('requested','offered','confirmed','in_use')"""
        )
        assert cursor.fetchone() == (0,)


@pytest.fixture
def booking_of(engineer, verhagen, other_engineer, kempen, purpose):
    """A booking by a person of one organisation or the other, so that locking one organisation is not enough."""
    people = [(engineer, verhagen), (other_engineer, kempen)]

    def make(number, *requested_slots):
        booker, organisation = people[number % 2]
        return lambda: book(
            booker=booker, organisation=organisation, purpose=purpose, requested_slots=requested_slots, now=NOW
        )

    return make


def working_day(number: int) -> date:
    """The working days from Monday 1 March 2027 on, by number."""
    return MONDAY + timedelta(days=number // 5 * 7 + number % 5)


def requested_slot_on(day: date, start: str, end: str, machine) -> RequestedSlot:
    return RequestedSlot(wall(start, day), wall(end, day), machine)


def test_of_forty_who_ask_for_one_hour_one_gets_it(booking_of, printer):
    for number in range(ROUNDS):
        requested_slot = requested_slot_on(working_day(number), "09:00", "10:00", printer)
        outcomes = at_once([booking_of(n, requested_slot) for n in range(PEOPLE)])
        assert outcomes == {"booked": 1, "clash": PEOPLE - 1}
    assert Reservation.objects.holding().count() == ROUNDS


def test_of_forty_whose_hours_overlap_in_part_one_per_stretch_gets_it(booking_of, printer):
    """All of them cover noon, each with another start and end: only one can have it."""
    spans = [(f"{9 + n % 3:02}:{n % 2 * 30:02}", f"{13 + n % 4:02}:{n % 3 // 2 * 30:02}") for n in range(PEOPLE)]
    for number in range(ROUNDS):
        day = working_day(number)
        outcomes = at_once([booking_of(n, requested_slot_on(day, *span, printer)) for n, span in enumerate(spans)])
        assert outcomes == {"booked": 1, "clash": PEOPLE - 1}
    assert_nothing_overlaps()


def test_a_move_against_bookings_gives_the_hour_to_one(booking_of, engineer, make_reservation, printer):
    for number in range(ROUNDS):
        day = working_day(number)
        mine = make_reservation(f"{day} 09:00", f"{day} 10:00")
        requested_slot = requested_slot_on(day, "13:00", "14:00", printer)

        def move_mine(mine=mine, requested_slot=requested_slot):
            move(reservation=mine, actor=engineer, now=NOW, start=requested_slot.start, end=requested_slot.end)

        outcomes = at_once([move_mine, *[booking_of(n, requested_slot) for n in range(PEOPLE - 1)]])
        assert outcomes == {"booked": 1, "clash": PEOPLE - 1}
    assert_nothing_overlaps()


def test_two_machines_against_the_mirror_image_do_not_deadlock(booking_of, printer, second_printer):
    for number in range(ROUNDS):
        one, other = (requested_slot_on(working_day(number), "09:00", "10:00", m) for m in (printer, second_printer))
        outcomes = at_once([booking_of(n, *((one, other) if n % 2 else (other, one))) for n in range(PEOPLE)])
        assert outcomes == {"booked": 1, "clash": PEOPLE - 1}


def test_a_row_written_around_the_services_is_met_as_a_clash(booking_of, make_reservation, printer):
    """Another connection puts a row in between evaluating and writing, without any lock: the database refuses one of
    the two, and the service says so in the words of the clash rule."""
    for number in range(ROUNDS):
        day = working_day(number)
        other = make_reservation(f"{day} 15:00", f"{day} 16:00")
        nine = (wall("09:00", day), wall("10:00", day))

        def slip_in(other=other, nine=nine):
            try:
                Reservation.objects.filter(pk=other.pk).update(period=nine, occupied=nine)
            except IntegrityError:
                raise Refused([Refusal("clash", "slipped in too late")]) from None

        outcomes = at_once(
            [slip_in, *[booking_of(n, requested_slot_on(day, "09:00", "10:00", printer)) for n in range(5)]]
        )
        assert outcomes == {"booked": 1, "clash": 5}
    assert_nothing_overlaps()


def test_two_people_check_in_at_once_and_one_of_two_reservations_gets_the_machine(
    make_reservation, engineer, facility_manager
):
    """The same reservation by two people is one use; two reservations of one machine are never in use together."""
    first, second = make_reservation("09:00", "11:00"), make_reservation("11:30", "13:00")

    def checks_in(reservation, actor, clock):
        return lambda: check_in(reservation=reservation, actor=actor, now=wall(clock))

    both = [checks_in(first, actor, "10:59") for actor in (engineer, facility_manager) * 5]
    told = at_once(both + [checks_in(second, engineer, "11:15") for _press in range(10)])
    assert told["booked"] == 10
    assert told["machine_in_use"] == 10
    assert Use.objects.count() == 1


def test_of_forty_who_move_one_reservation_each_is_heard_and_none_fails(make_reservation, engineer, second_printer):
    """Each finds it where the one before left it, whether on another day or on another machine."""
    mine = make_reservation("09:00", "10:00")
    for _round in range(5):

        def move_to(number):
            day, machine = working_day(number), (mine.equipment, second_printer)[number % 2]
            start, end = wall("13:00", day), wall("14:00", day)
            return lambda: move(reservation=mine, actor=engineer, now=NOW, start=start, end=end, equipment=machine)

        assert at_once([move_to(number) for number in range(PEOPLE)]) == {"booked": PEOPLE}
    assert Reservation.objects.count() == 1

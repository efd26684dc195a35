"""What people share, fought over: hours of a quota, the one operator, the number of open reservations."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bookings.models import Quota, Reservation
from bookings.scheduling.placement import RequestedSlot
from bookings.services import book, move
from equipment.models import Equipment, Operator
from tests.bookings.services.test_races import PEOPLE, at_once, working_day
from tests.conftest import NOW, wall

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5


@pytest.fixture
def machines(make_equipment):
    """One for each who asks, so that nobody is in another's way but for what is shared."""
    made = [make_equipment(f"M-{number:02}") for number in range(PEOPLE)]
    return list(Equipment.objects.with_type().filter(pk__in=[machine.pk for machine in made]).order_by("pk"))


@pytest.fixture
def wants(engineer, org_manager, verhagen, purpose):
    """A work that books these requested slots, by the one person of the organisation or the other."""

    def make(number, *requested_slots):
        booker = (engineer, org_manager)[number % 2]
        return lambda: book(
            booker=booker, organisation=verhagen, purpose=purpose, requested_slots=requested_slots, now=NOW
        )

    return make


def on_monday(week: int, start: str, end: str, machine) -> RequestedSlot:
    """In the given week from 1 March 2027 on; each week has hours of its own."""
    day = working_day(week * 5)
    return RequestedSlot(wall(start, day), wall(end, day), machine)


def spent() -> timedelta:
    return sum((r.end - r.start for r in Reservation.objects.holding()), timedelta(0))


def test_the_last_hours_of_a_quota_are_spent_by_as_many_as_they_suffice_for(wants, verhagen, machines):
    """Of twenty hours twelve are left, and all the others want an hour and a half: eight get it, no minute is over."""
    Quota.objects.create(organisation=verhagen, span="week", hours=Decimal(20))
    for week in range(ROUNDS):
        wants(0, on_monday(week, "09:00", "17:00", machines[0]))()
        works = [wants(n, on_monday(week, "09:00", "10:30", machine)) for n, machine in enumerate(machines[1:])]
        assert at_once(works) == {"booked": 8, "over_quota": len(works) - 8}
        assert spent() == (week + 1) * timedelta(hours=20)


def test_a_longer_reservation_and_new_ones_do_not_spend_the_same_hours(wants, verhagen, machines):
    """Two hours are left. Half of the people lengthen a reservation by an hour, the others book one."""
    Quota.objects.create(organisation=verhagen, span="month", hours=Decimal(22))
    for number, machine in enumerate(machines[:20]):
        wants(number, on_monday(0, "09:00", "10:00", machine))()
    own = list(Reservation.objects.select_related("booking__organisation", "booking__booker", "equipment__type"))

    def lengthen(reservation):
        end = reservation.end + timedelta(hours=1)
        return lambda: move(reservation=reservation, actor=reservation.booking.booker, now=NOW, end=end)

    works = [lengthen(reservation) for reservation in own]
    works += [wants(n, on_monday(1, "09:00", "10:00", machine)) for n, machine in enumerate(machines[20:])]
    assert at_once(works) == {"booked": 2, "over_quota": PEOPLE - 2}
    assert spent() == timedelta(hours=22)


def test_hours_over_the_end_of_a_week_are_over_in_neither(wants, verhagen, make_equipment):
    """From Sunday 22:00 to Monday 02:00, on machines that are always open: four fit, with two hours in each week."""
    Quota.objects.create(organisation=verhagen, span="week", hours=Decimal(9))
    machines = [make_equipment(f"ALWAYS-{number:02}", opening_hours=None) for number in range(PEOPLE)]
    start, end = wall("2027-03-07 22:00"), wall("2027-03-08 02:00")
    outcomes = at_once([wants(n, RequestedSlot(start, end, machine)) for n, machine in enumerate(machines)])
    assert outcomes == {"booked": 4, "over_quota": PEOPLE - 4}


@pytest.fixture
def one_operator(printer_type, org_manager):
    printer_type.operator_needed = True
    printer_type.save()
    operator = Operator.objects.create(user=org_manager)
    operator.types.add(printer_type)
    return operator


def test_the_one_operator_goes_to_one_of_forty_machines(
    one_operator, machines, engineer, verhagen, other_engineer, kempen, purpose
):
    """Two organisations ask, so that the lock of neither keeps them apart."""
    people = [(engineer, verhagen), (other_engineer, kempen)]
    machines = list(Equipment.objects.with_type().order_by("pk"))

    def work(number, machine, week):
        booker, organisation = people[number % 2]
        requested_slot = on_monday(week, "09:00", "10:00", machine)
        return lambda: book(
            booker=booker, organisation=organisation, purpose=purpose, requested_slots=[requested_slot], now=NOW
        )

    for week in range(ROUNDS):
        outcomes = at_once([work(n, machine, week) for n, machine in enumerate(machines)])
        assert outcomes == {"booked": 1, "no_operator": PEOPLE - 1}
    assert Reservation.objects.holding().filter(operator=one_operator).count() == ROUNDS


def test_the_one_operator_is_not_split_between_a_machine_and_a_type(
    one_operator, machines, engineer, verhagen, other_engineer, kempen, purpose
):
    """Half of the people name a machine, the others leave the choice, and take the locks of all of them."""
    machines = list(Equipment.objects.with_type().order_by("pk"))

    def work(number, machine):
        requested_slot = on_monday(0, "09:00", "10:00", machine)
        if number % 2:
            requested_slot = RequestedSlot(requested_slot.start, requested_slot.end, equipment_type=machine.type)
        booker, organisation = ((engineer, verhagen), (other_engineer, kempen))[number // 2 % 2]
        return lambda: book(
            booker=booker, organisation=organisation, purpose=purpose, requested_slots=[requested_slot], now=NOW
        )

    outcomes = at_once([work(n, machine) for n, machine in enumerate(machines)])
    # Who named the very machine that was chosen for another is told so as well.
    assert outcomes.pop("clash,no_operator", 0) <= 1
    assert outcomes.pop("booked") == 1
    assert outcomes.keys() == {"no_operator"}
    assert Reservation.objects.holding().count() == 1


def test_no_more_are_open_than_the_limit(wants, printer_type, machines):
    printer_type.open_reservation_limit = 7
    printer_type.save()
    machines = list(Equipment.objects.with_type().order_by("pk"))
    outcomes = at_once([wants(n, on_monday(n % 4, "09:00", "10:00", machine)) for n, machine in enumerate(machines)])
    assert outcomes == {"booked": 7, "too_many_open": PEOPLE - 7}
    assert Reservation.objects.holding().count() == 7

"""The work that is measured, and its bare counterpart, on the database in use."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import cycle, product

from django.test import Client

from bench.bare import Bare
from bench.databases import BOOKER
from bench.outbox import SENT_A_ROUND, OutboxBench
from bench.timing import WARM_UP
from bookings.models import Purpose
from bookings.scheduling.free_time import free_slots, window_for
from bookings.scheduling.placement import RequestedSlot
from bookings.services import book, find_slots
from core.clock import ZONE
from equipment.availability import open_time
from equipment.models import Equipment
from equipment.policy import Approval
from organisations.models import User

WEEKS, UNITS = 14, 4
# Between opening and the afternoons that the load takes, with a quarter of an hour before and half an hour after.
MORNINGS = (time(7, 30), time(9, 0), time(10, 30))
LASTS = timedelta(minutes=45)
KEPT_FOR_SINGLES = 8
AT_MOST_TIMES_ONE_BOOKING = 8


@dataclass(frozen=True)
class Work:
    """`do` and `bare` each take the next case on every call; `rounds` is how often there is one for both."""

    name: str
    goal: str
    do: Callable[[], object]
    bare: Callable[[], object]
    rounds: int


class Bench:
    """The cases of one database. Nothing is booked twice: every call takes free time of its own."""

    def __init__(self, *, now: datetime, quick: bool, mail_port: int):
        self._now, self._quick = now, quick
        self._user = User.objects.get(email=BOOKER)
        self._organisation = self._user.memberships.get().organisation
        self._purpose = Purpose.objects.get(code="trial-production")
        self._machines = list(Equipment.objects.in_service().with_type().order_by("pk"))
        self._days = self._open_mornings()
        self._client = Client(HTTP_HOST="localhost")
        self._client.force_login(self._user)
        self.bare = Bare()
        self._sends = 10 if quick else 40
        self._outbox = OutboxBench(now=now, rounds=self._sends + WARM_UP, port=mail_port)

    def close(self) -> None:
        self.bare.close()

    def works(self) -> list[Work]:
        easy = [machine for machine in self._machines if _books_itself(machine)]
        singles = self._single_bookings(easy[:KEPT_FOR_SINGLES])
        classes = self._classes(easy[KEPT_FOR_SINGLES:])
        class_goal = f"≤ 25 statements, ≤ {AT_MOST_TIMES_ONE_BOOKING}× one"
        weeks = cycle(self._monday() + timedelta(weeks=number) for number in range(1, 13))
        machines = cycle(self._machines)
        floor = (self._machines, "/floor.json")
        return [
            self._booking("book one machine", "≤ 8 statements, ≤ 6×", singles, 20 if self._quick else 200),
            self._booking(f"class of {WEEKS} weeks × {UNITS}", class_goal, classes, 5 if self._quick else 25),
            self._week(
                "week of one machine",
                "≤ 5 statements, ≤ 3×",
                (([machine], f"/machines/{machine.code}/week.json") for machine in machines),
                weeks,
            ),
            self._week("week of all machines", "≤ 5 statements, ≤ 3×", cycle([floor]), weeks),
            self._first_free_slot(),
            self._first_slot_by_the_rules(),
            Work("sweep, nothing due", "flat", self._outbox.sweep_idle, self._outbox.sweep_idle_bare, 100),
            Work(f"send {SENT_A_ROUND} notifications", "", self._outbox.send, self._outbox.send_bare, self._sends),
        ]

    def _booking(self, name: str, goal: str, cases: Iterator[list[RequestedSlot]], rounds: int) -> Work:
        def do() -> None:
            book(
                booker=self._user,
                organisation=self._organisation,
                purpose=self._purpose,
                requested_slots=next(cases),
                now=self._now,
            )

        def bare() -> None:
            self.bare.insert(self._user, self._organisation, self._purpose, next(cases), self._now)

        return Work(name, goal, do, bare, rounds)

    def _week(self, name: str, goal: str, addresses: Iterator, weeks: Iterator[datetime]) -> Work:
        last: list = []

        def do() -> None:
            last[:] = [*next(addresses), next(weeks)]
            _machines, address, start = last
            dates = {"from": start.date().isoformat(), "until": (start + timedelta(days=7)).date().isoformat()}
            response = self._client.get(address, dates)
            if response.status_code != 200:
                raise RuntimeError(f"{address} answered {response.status_code}")

        def bare() -> None:
            machines, _address, start = last
            self.bare.week(machines, start)

        return Work(name, goal, do, bare, 20 if self._quick else 200)

    def _first_free_slot(self) -> Work:
        latest = self._now + timedelta(days=14)

        def do() -> None:
            found = free_slots(
                equipment=self._machines,
                duration=timedelta(hours=2),
                earliest=self._now,
                latest=latest,
                now=self._now,
                limit=1,
            )
            if not found:
                raise RuntimeError("no free slot within fourteen days")

        bare = self._bare_free_time(latest)
        return Work("first free slot, 14 days", "1 statement, ≤ 1.5×", do, bare, 20 if self._quick else 200)

    def _first_slot_by_the_rules(self) -> Work:
        """As people search: with their certificates, operators, quotas and limits."""
        latest = self._now + timedelta(days=14)

        def do() -> None:
            found = find_slots(
                person=self._user,
                organisation=self._organisation,
                equipment=Equipment.objects.all(),
                duration=timedelta(hours=2),
                earliest=self._now,
                latest=latest,
                now=self._now,
                limit=1,
            )
            if not found:
                raise RuntimeError("no slot that the rules allow within fourteen days")

        rounds = 20 if self._quick else 200
        return Work("the same by every rule", "≤ 7 statements", do, self._bare_free_time(latest), rounds)

    def _bare_free_time(self, latest: datetime) -> Callable[[], None]:
        def bare() -> None:
            windows = (window_for(machine.policy, self._now, latest) for machine in self._machines)
            self.bare.free_time([(m, *window) for m, window in zip(self._machines, windows, strict=True)])

        return bare

    def _single_bookings(self, machines: list[Equipment]) -> Iterator[list[RequestedSlot]]:
        for day, morning, machine in product(self._days, MORNINGS, machines):
            yield [_requested_slot(machine, day, morning)]

    def _classes(self, machines: list[Equipment]) -> Iterator[list[RequestedSlot]]:
        """Fourteen days, a week apart but for closures, of four machines."""
        step = len(self._days) // WEEKS
        groups = [machines[first : first + UNITS] for first in range(0, len(machines) - UNITS + 1, UNITS)]
        for offset, morning, group in product(range(step), MORNINGS, groups):
            days = self._days[offset::step][:WEEKS]
            yield [_requested_slot(machine, day, morning) for day in days for machine in group]

    def _open_mornings(self) -> list[date]:
        """The days of the coming fifteen weeks on which machines with a pass are open all morning."""
        machine = next(machine for machine in self._machines if _books_itself(machine))
        days = [(self._monday() + timedelta(days=number)).date() for number in range(7, 7 + 7 * (WEEKS + 1))]
        opens = [datetime.combine(day, time(7), ZONE) for day in days]
        found = open_time([(machine.pk, start, start + timedelta(hours=5)) for start in opens])
        return [day for day, time_ in zip(days, found, strict=True) if time_.open == [time_.window]]

    def _monday(self) -> datetime:
        today = self._now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        return today - timedelta(days=today.weekday())


def _requested_slot(machine: Equipment, day: date, morning: time) -> RequestedSlot:
    start = datetime.combine(day, morning, ZONE)
    return RequestedSlot(start, start + LASTS, machine)


def _books_itself(machine: Equipment) -> bool:
    """Nobody needs to approve or to operate, and an hour and a half is room enough for a booking of `LASTS`."""
    policy = machine.policy
    return (
        not policy.unattended
        and policy.approval == Approval.NONE
        and not policy.operator_needed
        and policy.open_reservation_limit is None
        and policy.grid_minutes in (5, 15)
        and policy.shortest <= LASTS
        and policy.set_up <= timedelta(minutes=15)
        and policy.clean_up <= timedelta(minutes=30)
    )

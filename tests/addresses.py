"""Every address of the site as its resolver knows them, and a small Atrium in which each has something to show."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import uuid4

from django.contrib.auth.models import Group
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from bookings.models import CalendarFeed, Issue, Reservation, Use
from bookings.notifications.links import EmailAction, action_address
from bookings.scheduling.placement import RequestedSlot
from bookings.services import book
from equipment.models import Certificate, CertificateKind
from notifications.models import Notification
from organisations.models import ApiToken, Membership, Organisation, Role, User
from tests.api_caller import next_monday
from usage.models import KeptReport

ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


def routes(patterns=None, before: str = "") -> Iterator[str]:
    """The patterns of all addresses, such as `machines/<str:code>/`; those of the set-up pages too."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        here = before + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, here)
        else:
            yield here.replace(r"\Z", "")


def arguments(route: str) -> list[tuple[str, str]]:
    """The converter and the name of each part that is to be filled in; a regular expression counts as `path`."""
    return [(kind or ("path" if named else "str"), name or named) for kind, name, named in ARGUMENT.findall(route)]


def filled(route: str, values: dict[str, str]) -> str:
    """The address, with a leading slash."""
    return "/" + ARGUMENT.sub(lambda found: str(values[found[2] or found[3]]), route)


@dataclass
class World:
    """`people` by role. `ids` are what `pk`, or another part, stands for in the addresses that begin so."""

    people: dict[str, User]
    ids: dict[str, dict[str, object]] = field(default_factory=dict)

    def values(self, route: str) -> dict[str, str]:
        """What to fill in; the longest beginning that is known decides."""
        known = [begin for begin in self.ids if route.startswith(begin)]
        found = {name: "none" for _kind, name in arguments(route)}
        for begin in sorted(known, key=len):
            found |= self.ids[begin]
        return {name: str(value) for name, value in found.items()}


def make_world(make_equipment, purpose, verhagen: Organisation, kempen: Organisation) -> World:
    """Verhagen's booker has a reservation ahead, one to check in on, one in use and one that waits for a decision."""
    now = timezone.now()
    people = {
        "other": _person("other", kempen),
        "booker": _person("booker", verhagen),
        "colleague": _person("colleague", verhagen),
        "planner": _person("planner", verhagen, Role.PLANNER),
        "manager": _person("manager", verhagen, Role.MANAGER),
        "technician": _person("technician", group="technician"),
        "facility": _person("facility", group="facility manager"),
        "auditor": _person("auditor", group="auditor"),
    }
    booker = people["booker"]
    plain = make_equipment("FDM-01")
    asked = make_equipment("FDM-02", approval="manager")
    here, used = make_equipment("FDM-03"), make_equipment("FDM-04")
    make_equipment("FDM-05")

    def booked(machine, hour: int) -> Reservation:
        requested_slot = RequestedSlot(next_monday(hour, weeks=2), next_monday(hour + 1, weeks=2), machine)
        made = book(
            booker=booker,
            organisation=verhagen,
            purpose=purpose,
            requested_slots=[requested_slot],
            now=now,
            title="Housing",
        )
        return made.reservations[0]

    ahead, waiting, coming, running = booked(plain, 9), booked(asked, 9), booked(here, 9), booked(used, 9)
    around = DateTimeTZRange(now - timedelta(minutes=90), now + timedelta(hours=2))
    for reservation, state in ((coming, "confirmed"), (running, "in_use")):
        Reservation.objects.filter(pk=reservation.pk).update(period=around, occupied=around, state=state)
    Use.objects.create(reservation=running, started_at=now, started_by=booker)
    issue = Issue.objects.create(reservation=ahead, code="during_outage", opened_at=now)
    kind = CertificateKind.objects.create(name="Instruction", slug="instruction", valid_months=12)
    today = timezone.localdate()
    certificate = Certificate.objects.create(
        user=booker, kind=kind, granted_on=today, valid_until=today + timedelta(days=90), granted_by=people["facility"]
    )
    notification = Notification.objects.filter(
        recipient=booker, kind="confirmation", topic=f"booking/{ahead.booking_id}"
    ).get()
    Notification.objects.filter(pk=notification.pk).update(given_up_at=now, last_error="550 5.1.1 no such mailbox")
    feed, secret = CalendarFeed.issue(owner=booker, now=now, of="mine")
    token, _secret = ApiToken.issue(user=booker, name="script")
    kept = KeptReport.objects.create(
        month=date(2026, 1, 1), organisation=verhagen, made_at=now, reservations=0,
        booked=timedelta(0), economic=timedelta(0), bookable=timedelta(0), workbook_nl=b"nl", workbook_en=b"en",
    )  # fmt: skip
    return World(
        people,
        {
            "machines/": {"code": plain.code},
            "types/": {"slug": plain.type.slug},
            "bookings/": {"reference": ahead.booking.reference},
            "reservations/": {"pk": ahead.pk},
            "reservations/<int:pk>/check-in": {"pk": coming.pk},
            "reservations/<int:pk>/nobody-came": {"pk": coming.pk},
            "reservations/<int:pk>/check-out": {"pk": running.pk},
            "requests/": {"pk": waiting.pk, "reference": waiting.booking.reference},
            "concerns/": {"pk": issue.pk},
            "certificates/": {"pk": certificate.pk},
            "notices/": {"pk": notification.pk},
            "me/feeds/": {"pk": feed.pk},
            "me/tokens/": {"pk": token.pk},
            "feeds/": {"secret": secret},
            "act/": {"signed": action_address(notification, EmailAction.CANCEL).rstrip("/").rpartition("/")[2]},
            "organisations/": {"slug": verhagen.slug},
            "usage/kept/": {"pk": kept.pk},
            "mail/": {"name": "none", "number": 0},
            "api/v1/equipment/": {"code": plain.code},
            "api/v1/bookings/": {"reference": ahead.booking.reference},
            "api/v1/reservations/": {"id": ahead.pk},
            "api/v1/reservations/<int:id>/check-in": {"id": coming.pk},
            "api/v1/reservations/<int:id>/check-out": {"id": running.pk},
            "api/v1/reservations/<int:id>/approve": {"id": waiting.pk},
            "api/v1/reservations/<int:id>/decline": {"id": waiting.pk},
            "admin/": {"app_label": "bookings", "url": "none", "content_type_id": 1},
            "admin/equipment/certificate/": {"object_id": certificate.pk},
            "account/confirm-email/": {"key": uuid4().hex},
            "account/password/reset/key/": {"uidb36": "1", "key": "none"},
        },
    )


def _person(name: str, organisation: Organisation | None = None, role: str = Role.MEMBER, group: str = "") -> User:
    staff = group in ("technician", "facility manager")
    person = User.objects.create_user(f"{name}@example.org", "a password", name=name, language="en", is_staff=staff)
    if organisation:
        Membership.objects.create(user=person, organisation=organisation, role=role)
    if group:
        person.groups.add(Group.objects.get(name=group))
    return person

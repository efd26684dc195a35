"""The demo's organisations and people.

Schools and research institutes carry their public names. Companies are invented: a real one beside made-up
bookings or a size class would state something untrue about it.
"""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db.models import Q

from equipment.availability import Calendar
from equipment.catalogue.calendars import CLOSURES_SLUG
from equipment.models import Equipment, EquipmentType, Operator
from organisations.models import (
    AUDITORS,
    COMPANIES,
    FACILITY_MANAGERS,
    TECHNICIANS,
    Membership,
    Organisation,
    OrganisationClass,
    Region,
    Role,
    User,
)

DECLARED_ON = date(2026, 1, 5)
# Of the schools whose holidays the catalogue has: the short names of the closures.
HOLIDAYS = {"summa-college": "vakanties-summa-college", "fontys": "vakanties-fontys"}

# short name, name, class, region
ORGANISATIONS = [
    ("summa-college", "Summa College", OrganisationClass.MBO, Region.BRABANT),
    ("fontys", "Fontys", OrganisationClass.HBO, Region.BRABANT),
    ("tue", "TU/e", OrganisationClass.WO, Region.BRABANT),
    ("tno", "TNO", OrganisationClass.RESEARCH, Region.NETHERLANDS),
    ("verhagen-fijnmechanica", "Verhagen Fijnmechanica", OrganisationClass.MICRO, Region.BRABANT),
    ("kempen-cobotics", "Kempen Cobotics", OrganisationClass.MICRO, Region.BRABANT),
    ("de-peel-plaatwerk", "De Peel Plaatwerk", OrganisationClass.SMALL, Region.BRABANT),
    ("dommel-optics", "Dommel Optics", OrganisationClass.SMALL, Region.BRABANT),
    ("strijp-motion-systems", "Strijp Motion Systems", OrganisationClass.MEDIUM, Region.BRABANT),
    ("leenderbos-tooling", "Leenderbos Tooling", OrganisationClass.MEDIUM, Region.BRABANT),
    ("zuidoost-equipment-group", "Zuidoost Equipment Group", OrganisationClass.LARGE, Region.BRABANT),
    ("campus-facility", "Campus Facility", OrganisationClass.INTERNAL, Region.BRABANT),
]


@dataclass(frozen=True)
class Person:
    """`organisation` is a short name, "" for none; `group` a facility group, "" for none."""

    email: str
    name: str
    organisation: str = ""
    role: str = Role.MEMBER
    group: str = ""
    language: str = "nl"


# Whom one signs in as, in the order they are printed.
SIGN_IN_AS = [
    Person("engineer@example.org", "Eva Verhagen", "verhagen-fijnmechanica"),
    Person("engineer2@example.org", "Tom Kemps", "kempen-cobotics", language="en"),
    Person("teacher@example.org", "Marieke van den Broek", "summa-college", Role.PLANNER),
    Person("orgmanager@example.org", "Henk Verhagen", "verhagen-fijnmechanica", Role.MANAGER),
    Person("technician@example.org", "Joost Hendriks", "campus-facility", group=TECHNICIANS),
    Person("manager@example.org", "Ingrid Maas", "campus-facility", Role.MANAGER, FACILITY_MANAGERS),
    Person("auditor@example.org", "Paul Dirks", group=AUDITORS),
]

OTHERS = [
    Person("nadia@example.org", "Nadia Bouali", "campus-facility", group=TECHNICIANS),
    Person("piet@example.org", "Piet Aarts", "campus-facility", group=TECHNICIANS),
    Person("bram@example.org", "Bram Smits", "summa-college"),
    Person("yasmina@example.org", "Yasmina El Amrani", "fontys", Role.PLANNER),
    Person("daan@example.org", "Daan Kuijpers", "fontys"),
    Person("lin@example.org", "Lin Zhang", "tue", language="en"),
    Person("rik@example.org", "Rik van Gestel", "tue", Role.PLANNER),
    Person("fleur@example.org", "Fleur Janssen", "tno"),
    Person("koen@example.org", "Koen van de Ven", "kempen-cobotics", Role.MANAGER),
    Person("wim@example.org", "Wim Peeters", "de-peel-plaatwerk", Role.MANAGER),
    Person("anouk@example.org", "Anouk Rooijakkers", "dommel-optics", Role.MANAGER),
    Person("mehmet@example.org", "Mehmet Yilmaz", "strijp-motion-systems", Role.MANAGER),
    Person("loes@example.org", "Loes van Lieshout", "leenderbos-tooling", Role.MANAGER),
    Person("stefan@example.org", "Stefan Brouwers", "zuidoost-equipment-group", Role.MANAGER),
]


def holds_demo() -> bool:
    """Whether the database is the demonstration's: its people are made with all the rest, or not at all."""
    return User.objects.filter(email=SIGN_IN_AS[0].email).exists()


def begun_with() -> str:
    """A name out of a facility that has begun of its own, "" where there is none."""
    if holds_demo():
        return ""
    found = Organisation.objects.first() or Equipment.objects.first() or User.objects.first()
    return str(found) if found else ""


def make_organisations() -> dict[str, Organisation]:
    """By short name, the schools with their holidays; those that are there already stay as they are."""
    calendars = {calendar.slug: calendar for calendar in Calendar.objects.filter(slug__startswith=CLOSURES_SLUG)}
    return {
        slug: Organisation.objects.get_or_create(
            slug=slug,
            defaults={
                "name": name,
                "organisation_class": kind,
                "region": region,
                "declared_on": DECLARED_ON if kind in COMPANIES else None,
                "holidays": calendars.get(CLOSURES_SLUG + HOLIDAYS.get(slug, "")),
            },
        )[0]
        for slug, name, kind, region in ORGANISATIONS
    }


def make_people(organisations: dict[str, Organisation], *, password: str) -> dict[str, User]:
    """By e-mail address, all with this password; those that are there already stay as they are."""
    hashed = make_password(password)  # once: it is slow on purpose
    return {person.email: _make(person, organisations, hashed) for person in [*SIGN_IN_AS, *OTHERS]}


def _make(person: Person, organisations: dict[str, Organisation], hashed: str) -> User:
    opens_set_up_pages = person.group in (TECHNICIANS, FACILITY_MANAGERS)
    user, made = User.objects.get_or_create(
        email=person.email,
        defaults={
            "name": person.name,
            "language": person.language,
            "password": hashed,
            "is_staff": opens_set_up_pages,
        },
    )
    if made and person.group:
        user.groups.add(Group.objects.get(name=person.group))
    if made and person.organisation:
        Membership.objects.create(user=user, organisation=organisations[person.organisation], role=person.role)
    return user


def make_operators(people: dict[str, User]) -> None:
    """Every technician runs every machine that nobody may use alone."""
    types = EquipmentType.objects.filter(Q(operator_needed=True) | Q(equipment__operator_needed=True)).distinct()
    for person in [*SIGN_IN_AS, *OTHERS]:
        if person.group == TECHNICIANS:
            operator, _made = Operator.objects.get_or_create(user=people[person.email])
            operator.types.add(*types)


def use_password(password: str) -> None:
    """Make it the password of the demo's people, where it is not."""
    first = User.objects.get(email=SIGN_IN_AS[0].email)
    if not first.check_password(password):
        emails = [person.email for person in [*SIGN_IN_AS, *OTHERS]]
        User.objects.filter(email__in=emails).update(password=make_password(password))

"""`manage.py demo_data`: the demo Atrium with its people and eight weeks of bookings; `--scale N` for load."""

import sys
from argparse import ArgumentTypeError
from datetime import datetime

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from demo.granting import give_quotas, grant_certificates
from demo.password import demo_password
from demo.people import (
    ORGANISATIONS,
    SIGN_IN_AS,
    begun_with,
    holds_demo,
    make_operators,
    make_organisations,
    make_people,
    use_password,
)
from demo.progress import Progress
from demo.scale import MOST, add_reservations
from demo.story import read_story
from demo.telling import take_as_told, tell
from demo.using import begin_what_is_on
from equipment.catalogue import apply_catalogue, read_catalogue
from notifications.announcing import left_to_the_sweep

CATALOGUE = settings.BASE_DIR / "demo" / "atrium.toml"
STORY = settings.BASE_DIR / "demo" / "story.toml"
PASSWORD_FILE = settings.BASE_DIR / ".data" / "demo_password"


class Command(BaseCommand):
    help = (
        "Fill an empty database with the demo Atrium: organisations, people in every role and eight weeks of "
        "bookings around today, made through the services. Run twice it adds nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--scale",
            type=_whole_number,
            metavar="N",
            help="add N reservations over three years as well, for measuring; written in sets, without history",
        )

        parser.add_argument(
            "--is-there", action="store_true", help="change nothing; say yes or no: whether the demo data is there"
        )

    def handle(self, *, scale: int | None, is_there: bool, **options) -> str | None:
        if is_there:
            return "yes" if holds_demo() else "no"
        now = timezone.now()
        password = demo_password(PASSWORD_FILE)
        _refuse_beside_others()
        if holds_demo():
            use_password(password)
            self.stdout.write(_("The demo data is there already; nothing added."))
        else:
            with Progress(_("Bookings"), sys.stderr) as progress:
                made = make_demo(password=password, now=now, progress=progress)
            self.stdout.write(_("%(count)d reservations made around today.") % {"count": made})
        if scale:
            with Progress(_("Reservations"), sys.stderr) as progress:
                added = add_reservations(scale, now=now, progress=progress)
            self.stdout.write(_("%(count)d reservations added over three years.") % {"count": added})
        self._tell_people(password)
        return None

    def _tell_people(self, password: str) -> None:
        self.stdout.write(_("Sign in with the password %(password)s as:") % {"password": password})
        names = {slug: name for slug, name, *_rest in ORGANISATIONS}
        for person in SIGN_IN_AS:
            of = names.get(person.organisation, "")
            self.stdout.write(f"  {person.email:24} {person.name:22} {person.group or person.role:17} {of}")


def make_demo(*, password: str, now: datetime, progress=lambda done, of: None) -> int:
    """The whole demo in one transaction; how many reservations it made. Nobody is told of its past."""
    with transaction.atomic(), left_to_the_sweep():
        apply_catalogue(read_catalogue(CATALOGUE.read_text(encoding="utf-8")), now=now)
        organisations = make_organisations()
        people = make_people(organisations, password=password)
        make_operators(people)
        story = read_story(STORY)
        grant_certificates(story.certificates, people=people, now=now)
        give_quotas(story.quotas, organisations=organisations)
        made = tell(story, people=people, organisations=organisations, now=now, progress=progress)
        begin_what_is_on(now=now)
        take_as_told(now=now)
        return made


def _refuse_beside_others() -> None:
    """Made-up companies, and people who share a password, do not belong beside real ones."""
    if name := begun_with():
        message = _("A facility has begun in this database (%(name)s). The demo wants a database to itself.")
        raise CommandError(message % {"name": name})


def _whole_number(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= MOST:
        raise ArgumentTypeError(_("a whole number from 1 to %(most)d") % {"most": MOST})
    return int(text)

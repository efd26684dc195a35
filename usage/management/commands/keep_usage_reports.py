"""`manage.py keep_usage_reports`: what the timer does each month, by hand, as for a month from before this version."""

from argparse import ArgumentTypeError
from datetime import date, datetime

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.clock import ZONE
from usage.keeping import keep_reports


class Command(BaseCommand):
    help = "Keep the usage reports of a month that is over, and tell those they are for. Twice does no harm."

    def add_arguments(self, parser):
        parser.add_argument("--month", type=_month, help="as in 2026-10; the last that is over where it is left out")

    def handle(self, *, month: date | None, **options):
        try:
            made = keep_reports(now=timezone.now(), month=month)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made} reports were made")


def _month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=ZONE).date()
    except ValueError:
        raise ArgumentTypeError("a month is written as 2026-10") from None

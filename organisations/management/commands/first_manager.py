"""`manage.py first_manager [EMAIL]`: an account for who sets up a new facility. `make run DEMO=0` calls it."""

import secrets

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from organisations.models import FACILITY_MANAGERS, User


class Command(BaseCommand):
    help = "Where there are no people yet: make a facility manager, and print the address and the password, once."

    def add_arguments(self, parser):
        parser.add_argument("email", metavar="EMAIL", nargs="?", default="manager@localhost")

    def handle(self, *, email: str, **options):
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"{email} is not an email address. One looks like you@example.org.") from None
        password = make_first_manager(email)
        if password:
            self.stdout.write(f"Sign in as {email} with the password {password}")
            self.stdout.write("It is shown this once. Choose your own: Account, Change password.")
        else:
            self.stdout.write("Sign in as one of its people. A lost password: manage.py changepassword ADDRESS")


def make_first_manager(email: str) -> str:
    """The password of the account, which is kept nowhere else; "" where there are people already."""
    with transaction.atomic():
        # Of two that begin at once, the second waits here and then finds somebody.
        group = Group.objects.select_for_update().get(name=FACILITY_MANAGERS)
        if User.objects.exists():
            return ""
        password = secrets.token_urlsafe(12)
        person = User.objects.create_user(email, password, name="Labbeheerder", is_staff=True)
        person.groups.add(group)
        return password

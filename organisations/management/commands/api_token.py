"""`manage.py api_token EMAIL`: makes a token for a person's programs, or revokes those they have."""

from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from organisations.keys import A_YEAR, TooManyKeys
from organisations.models import ApiToken, User


class Command(BaseCommand):
    help = "Print a new API token of a person, once. With --revoke, end the tokens they have."

    def add_arguments(self, parser):
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--name", default="", help="what the token is for; with --revoke: only those")
        parser.add_argument("--days", type=int, default=A_YEAR.days, help="how long it works; %(default)s")
        parser.add_argument("--revoke", action="store_true", help="end tokens instead of making one")

    def handle(self, *, email: str, name: str, days: int, revoke: bool, **options):
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"Nobody here has the e-mail address {email}.")
        if revoke:
            self._revoke(user, name)
        else:
            self._issue(user, name, days)

    def _issue(self, user: User, name: str, days: int) -> None:
        """The secret alone on stdout, so that a script can take it; all else on stderr."""
        if not user.is_active:
            raise CommandError(f"{user.email} may not sign in, so a token would not work.")
        if not 1 <= days <= A_YEAR.days:
            raise CommandError(
                f"A token works for 1 to {A_YEAR.days} days. Its owner can extend it on the account page."
            )
        try:
            token, secret = ApiToken.issue(user=user, name=name, term=timedelta(days=days), now=timezone.now())
        except TooManyKeys as refused:
            raise CommandError(f"{user.email}: {refused}") from refused
        self.stderr.write(f"A token for {user.email}. It is shown this once; keep it like a password.")
        self.stderr.write(f"It works through {token.last_day}.")
        self.stdout.write(secret)

    def _revoke(self, user: User, name: str) -> None:
        tokens = ApiToken.objects.filter(user=user)
        if name:
            tokens = tokens.filter(name=name)
        count = tokens.end(timezone.now())
        self.stderr.write(f"Revoked {count} token{'' if count == 1 else 's'} of {user.email}.")

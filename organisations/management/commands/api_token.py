"""`manage.py api_token EMAIL`: makes a token for a person's programs, or revokes those they have."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from organisations.models import ApiToken, User


class Command(BaseCommand):
    help = "Print a new API token of a person, once. With --revoke, end the tokens they have."

    def add_arguments(self, parser):
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--name", default="", help="what the token is for; with --revoke: only those")
        parser.add_argument("--revoke", action="store_true", help="end tokens instead of making one")

    def handle(self, *, email: str, name: str, revoke: bool, **options):
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"Nobody here has the e-mail address {email}.")
        if revoke:
            self._revoke(user, name)
        else:
            self._issue(user, name)

    def _issue(self, user: User, name: str) -> None:
        """The secret alone on stdout, so that a script can take it; all else on stderr."""
        if not user.is_active:
            raise CommandError(f"{user.email} may not sign in, so a token would not work.")
        _token, secret = ApiToken.issue(user=user, name=name)
        self.stderr.write(f"A token for {user.email}. It is shown this once; keep it like a password.")
        self.stdout.write(secret)

    def _revoke(self, user: User, name: str) -> None:
        tokens = ApiToken.objects.filter(user=user, revoked_at=None)
        if name:
            tokens = tokens.filter(name=name)
        count = tokens.update(revoked_at=timezone.now())
        self.stderr.write(f"Revoked {count} token{'' if count == 1 else 's'} of {user.email}.")

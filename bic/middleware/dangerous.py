"""What is dangerous asks who signed in to show it is them again, unless they did so a moment ago.

With the second step of signing in where a person has one, and else with their password. What was sent is kept and done
after that; passwords are not kept, so forms with one ask before they are filled in.
"""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate, suspend_request
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import QueryDict

# Names of addresses. Sending one of these forms: new keys to the site, and the address that a password is reset by.
SENDING = {"issue_token", "extend_token", "calendar_feeds", "extend_calendar_feed", "account_email"}
# Opening one of these already, since a password is typed there.
OPENING = {"admin:organisations_user_add", "admin:auth_user_password_change"}
# Whoever has a second step shows it, too; the old password is asked for on the page itself.
OPENING_WITH_SECOND_FACTOR = {"account_change_password", "account_set_password"}
# Set-up pages of people, roles, organisations, tokens, and what people sign in with.
ADMIN_APPS = ("account", "auth", "mfa", "organisations", "socialaccount")


class DangerousMiddleware:
    """Stands after CsrfViewMiddleware: what another site sent is refused and never kept."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not request.user.is_authenticated or not _is_dangerous(request) or did_recently_reauthenticate(request):
            return None
        if request.method == "POST":
            request.GET, request.POST = request.GET, _without_passwords(request.POST)
            request.META["QUERY_STRING"] = ""  # allauth finds the form again by its path alone, and keeps GET beside it
        return suspend_request(request, get_adapter().get_reauthentication_methods(request.user)[0]["url"])


def _is_dangerous(request) -> bool:
    name = request.resolver_match.view_name
    if name in OPENING or (name in OPENING_WITH_SECOND_FACTOR and request.user.has_second_factor):
        return True
    of_people = name.startswith(tuple(f"admin:{app}_" for app in ADMIN_APPS))
    return request.method == "POST" and (name in SENDING or of_people)


def _without_passwords(sent: QueryDict) -> QueryDict:
    """They would lie in the session, readable, until the question is answered."""
    kept = sent.copy()
    for name in sent:
        if "password" in name:
            del kept[name]
    return kept


@receiver(user_logged_in)
def _signing_in_counts(request, user, **kwargs) -> None:
    """Who signed in a moment ago just showed it."""
    record_authentication(request, user, method="signed_in", reauthenticated=True)

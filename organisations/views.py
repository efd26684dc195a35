"""What a person sets for themselves: the language, and tokens that their programs sign in with."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from organisations.keys import A_YEAR, TooManyKeys, term_of
from organisations.middleware import remember_language
from organisations.models import ApiToken, User


@require_POST
def choose_language(request):
    """Kept on the person when signed in, and in a cookie for the pages before that."""
    language = request.POST.get("language", "")
    there = request.POST.get("next", "")
    here = url_has_allowed_host_and_scheme(there, {request.get_host()}, require_https=request.is_secure())
    answer = HttpResponseRedirect(there if here and there.startswith("/") else "/")
    if language in dict(settings.LANGUAGES):
        remember_language(answer, language)
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(language=language)
        translation.activate(language)
    return answer


@login_required
@never_cache
@require_POST
@sensitive_variables("secret")
def issue_token(request):
    """The answer shows the secret, once: it is kept nowhere, so there is no page to send the browser on to. Where the
    answer was lost, the same form sent again makes no second token."""
    name = request.POST.get("name", "").strip()[: ApiToken._meta.get_field("name").max_length]
    try:
        term = term_of(request.POST.get("days", ""))
        form = request.POST.get("form", "")[:64]
        token, secret = ApiToken.issue(user=request.user, name=name, term=term, now=timezone.now(), form=form)
    except TooManyKeys as refused:
        messages.error(request, str(refused))
        return redirect("account")
    return render(request, "organisations/new_token.html", {"token": token, "secret": secret})


@login_required
@require_POST
def revoke_token(request, pk: int):
    token = get_object_or_404(request.user.api_tokens, pk=pk)
    request.user.api_tokens.filter(pk=pk).end(timezone.now())
    messages.success(request, _("Token “%(name)s” no longer works.") % {"name": token})
    return redirect("account")


@login_required
@require_POST
def extend_token(request, pk: int):
    """From today on, for a year."""
    token = get_object_or_404(request.user.api_tokens.kept(), pk=pk)
    request.user.api_tokens.filter(pk=pk).extend(A_YEAR, timezone.now())
    messages.success(request, _("Token “%(name)s” works for another year.") % {"name": token})
    return redirect("account")

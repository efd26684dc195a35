"""Pages that say which reservations a change would leave outside open time, before it is saved."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from equipment.availability import Hit, change_unless_hit, rebuilding_once

CONFIRMED = "_confirmed"
NOT_TYPED = {"csrfmiddlewaretoken", CONFIRMED}


class SaysWhatItHits:
    """Saving and deleting are tried first. Where something is hit the change is undone, and a page lists what, with
    everything that was typed in it, to be sent again as confirmed."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        view = super().changeform_view
        return self._try(request, lambda: view(request, object_id, form_url, extra_context))

    def delete_view(self, request, object_id, extra_context=None):
        view = super().delete_view
        return self._try(request, lambda: view(request, object_id, extra_context))

    def get_actions(self, request):
        """Deleting many at once would pass by the page that says what is hit."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def _try(self, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
        if request.method != "POST":
            return view()
        now = timezone.now()
        if CONFIRMED in request.POST:
            with rebuilding_once(now=now):
                return view()
        request.messages_held = []
        response, hits = change_unless_hit(view, now=now)
        held, request.messages_held = request.messages_held, None
        if hits:
            return self._ask(request, hits)
        for args, kwargs in held:
            self.message_user(request, *args, **kwargs)
        return response

    def message_user(self, request, *args, **kwargs):
        """Nothing is called saved while it is only being tried."""
        held = getattr(request, "messages_held", None)
        if held is None:
            super().message_user(request, *args, **kwargs)
        else:
            held.append((args, kwargs))

    def _ask(self, request: HttpRequest, hits: list[Hit]) -> HttpResponse:
        typed = [(name, value) for name, values in request.POST.lists() if name not in NOT_TYPED for value in values]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Reservations affected"),
            "hits": hits,
            "typed": typed,
            "confirmed": CONFIRMED,
            "address": request.get_full_path(),
            "files_lost": bool(request.FILES),
        }
        return TemplateResponse(request, "admin/equipment/confirm_change.html", context)

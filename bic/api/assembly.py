"""The API, version 1, put together. Each call is in an app's own `api`; docs/api.md tells how to use them."""

import json
from functools import cached_property, wraps
from http import HTTPStatus

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.parser import Parser
from ninja.responses import Status

from bic.api import openapi
from bic.api.problems import CONTENT_TYPE as PROBLEM
from bic.api.problems import NotJson, answer_with_problems
from bic.api.rate_limits import RateLimits, tell_what_is_left
from bic.api.sign_in import BearerToken, Session
from bookings.api.bookings import router as bookings_router
from bookings.api.free_time import router as free_time_router
from bookings.api.quotas import router as quotas_router
from bookings.api.reservations import router as reservations_router
from core import idempotency
from core.refusals import Refused
from equipment.api import router as equipment_router
from floor.api import router as floor_router
from organisations.api import router as people_router


class JsonOnly(Parser):
    """A body is JSON and says so, or says nothing."""

    def parse_body(self, request: HttpRequest):
        if request.content_type and not request.content_type.endswith(("/json", "+json")):
            raise NotJson
        return json.loads(request.body)


class BookingApi(NinjaAPI):
    @cached_property
    def description_for_programs(self) -> dict:
        return openapi.complete(super().get_openapi_schema())

    def get_openapi_schema(self, **where) -> dict:
        """Made once: anybody may ask for it, without a limit."""
        return self.description_for_programs


def notes_unknown_parameters(run):
    """Wraps `Operation.run` of django-ninja, which drops parameters that the call does not know without a word."""
    call = run.__self__
    known = {
        name for model in call.models if model.__ninja_param_source__ == "query" for name in model.__ninja_flatten_map__
    }

    @wraps(run)
    def note_and_run(request: HttpRequest, **path) -> HttpResponse:
        request.unknown_parameters = sorted(set(request.GET) - known)
        return run(request, **path)

    return note_and_run


def tells_what_is_left(run):
    """Wraps `Operation.run`: every answer, also an error, says how many requests are left."""

    @wraps(run)
    def run_and_tell(request: HttpRequest, **path) -> HttpResponse:
        response = run(request, **path)
        tell_what_is_left(request, response)
        return response

    return run_and_tell


def refuses_unknown_parameters(view):
    """A parameter that a call does not know is a 422: `?dryrun=true` must not book. Told in the reader's language, so
    once it is known who asks."""

    @wraps(view)
    def refuse_or_answer(request: HttpRequest, *args, **values):
        if request.unknown_parameters:
            message = _("This parameter is not known here.")
            raise ValidationError(
                [{"type": "unknown", "loc": ("query", name), "msg": message} for name in request.unknown_parameters]
            )
        return view(request, *args, **values)

    return refuse_or_answer


def answers_once(view):
    """A `POST` with an `Idempotency-Key` is done once; asked again, it gets the answer of the first time.

    Kept are answers that something was done and refusals of the rules. Everything else changed nothing, and
    is evaluated anew.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args, **values):
        if request.method != "POST" or "Idempotency-Key" not in request.headers:
            return view(request, *args, **values)
        with transaction.atomic():
            claimed = idempotency.claim(
                user=request.auth,
                key=_key_of(request),
                request=[request.method.encode(), request.get_full_path().encode(), request.body],
                now=timezone.now(),
            )
            if claimed.status is not None:
                return _replayed(claimed)
            try:
                response = _response(view(request, *args, **values))
            except Refused as refused:
                response = api.on_exception(request, refused)
            idempotency.keep(claimed, status=response.status_code, body=response.content.decode())
        return response

    return answer


def _key_of(request: HttpRequest) -> str:
    key = request.headers["Idempotency-Key"].strip()
    if 0 < len(key) <= idempotency.LONGEST_KEY:
        return key
    message = _("A key has 1 to %(most)s characters.") % {"most": idempotency.LONGEST_KEY}
    raise ValidationError([{"type": "key_length", "loc": ("header", "Idempotency-Key"), "msg": message}])


def _response(answer: Status) -> HttpResponse:
    content = answer.value.model_dump_json()
    return HttpResponse(content, status=answer.status_code, content_type="application/json")


def _replayed(claimed: idempotency.IdempotencyKey) -> HttpResponse:
    content_type = PROBLEM if claimed.status >= HTTPStatus.BAD_REQUEST else "application/json"
    response = HttpResponse(claimed.body, status=claimed.status, content_type=content_type)
    response["Idempotent-Replayed"] = "true"
    return response


api = BookingApi(
    title="BIC Atrium",
    version="1",
    description="Book the shared machines of the BIC Atrium.",
    docs_url=None,  # its page loads scripts from elsewhere
    urls_namespace="api-v1",
    auth=[BearerToken(), Session()],
    parser=JsonOnly(),
    throttle=RateLimits(),
)
answer_with_problems(api)
api.add_decorator(notes_unknown_parameters, mode="view")
api.add_decorator(tells_what_is_left, mode="view")
api.add_decorator(answers_once)
api.add_decorator(refuses_unknown_parameters)  # the last is the outermost: before a key is claimed
for router in (
    people_router,
    equipment_router,
    free_time_router,
    bookings_router,
    reservations_router,
    floor_router,
    quotas_router,
):
    api.add_router("", router)

"""The description of the API for programs, made whole: what django-ninja cannot know of its calls.

OpenAPI 3.1. Headers, errors and the server stand here once, and each call names those that it answers with.
"""

import json
import re

from django.conf import settings

from bic.api.problems import CONTENT_TYPE as PROBLEM
from core.api.problems import ProblemOut
from core.idempotency import LONGEST_KEY

INFO = {
    "contact": {"name": "BIC Atrium", "url": settings.SITE_URL or "/"},
    "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
}
TAGS = [
    {"name": "people", "description": "Who calls, and for whom they book."},
    {"name": "equipment", "description": "The machines, and how they may be booked."},
    {"name": "free time", "description": "When machines are open, taken and free."},
    {"name": "bookings", "description": "To book, and to read what was booked."},
    {"name": "reservations", "description": "One machine for one period: move, cancel, use, decide."},
    {"name": "quotas", "description": "Hours that the people of an organisation share."},
]

HEADERS = {
    "RateLimit": {
        "description": "What is left of each limit, and the seconds until all of it is again.",
        "schema": {"type": "string", "examples": ['"token";r=299;t=42, "person";r=598;t=42']},
    },
    "RateLimit-Policy": {
        "description": "Each limit: so many requests in so many seconds.",
        "schema": {"type": "string", "examples": ['"token";q=300;w=60, "person";q=600;w=60']},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "Idempotent-Replayed": {
        "description": "This is the first answer to this Idempotency-Key, given again.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "WWW-Authenticate": {"description": "Asks for a bearer token.", "schema": {"type": "string"}},
    "Link": {"description": 'The address of the next page, with rel="next".', "schema": {"type": "string"}},
}
LIMITS = ("RateLimit", "RateLimit-Policy")  # of every answer, unless what counts the requests is away

# By status: the name, what it says and the headers it has beside those of the limits.
ERRORS = {
    400: ("NotReadable", "The body is no JSON.", ()),
    401: ("NotSignedIn", "No token and no session, or a token that is not valid.", ("WWW-Authenticate",)),
    403: (
        "NotAllowed",
        "You may see it, but not do this; your role asks for two-step sign-in; or the CSRF token is missing.",
        (),
    ),
    404: ("NotFound", "There is nothing, or nothing that you may see.", ()),
    409: ("Refused", "The rules of the house refuse: see `refusals`.", ("Idempotent-Replayed",)),
    413: ("TooLarge", "The body is too large.", ()),
    415: ("NotJson", "The body says that it is no JSON.", ()),
    422: ("NotRight", "A field is missing, unknown or not right: see `errors`.", ()),
    429: ("TooMany", "Too many requests; nothing was changed.", ("Retry-After",)),
    500: ("Failed", "An error of ours; nothing was changed.", ()),
    503: ("Busy", "Too busy, or the database is away; nothing was changed.", ("Retry-After",)),
}

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Your own name for this request. Sent again, it is done once and gets the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": r"^[!-~]+$"},
}


def complete(schema: dict) -> dict:
    """The description of django-ninja with server, tags, headers and errors."""
    components = schema["components"]
    problem = ProblemOut.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    components["schemas"] |= problem.pop("$defs") | {"Problem": problem}
    components["headers"] = HEADERS
    components["parameters"] = {"IdempotencyKey": IDEMPOTENCY_KEY}
    components["responses"] = {name: _error(says, headers) for name, says, headers in ERRORS.values()}
    schema["info"] |= INFO
    schema["servers"] = [{"url": settings.SITE_URL.rstrip("/") or "/"}]
    schema["tags"] = TAGS
    for calls in schema["paths"].values():
        for method, call in calls.items():
            _complete_call(method, call)
    referred_to = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(schema)))
    components["schemas"] = {name: one for name, one in components["schemas"].items() if name in referred_to}
    return schema


def _error(says: str, headers: tuple[str, ...]) -> dict:
    return {
        "description": says,
        "headers": _headers(*LIMITS, *headers),
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _headers(*names: str) -> dict:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _complete_call(method: str, call: dict) -> None:
    for parameter in call["parameters"]:
        # Its schema has them too. Of a parameter itself they would be objects by name, as django-ninja does not know.
        parameter.pop("examples", None)
    own = ["Idempotent-Replayed"] if method == "post" else []
    if call["operationId"] == "list_bookings":
        own = ["Link"]
    for answer in call["responses"].values():
        answer["headers"] = _headers(*LIMITS, *own)
    if method == "post":
        call["parameters"].append({"$ref": "#/components/parameters/IdempotencyKey"})
    for status in _errors_of(method, call):
        call["responses"][status] = {"$ref": f"#/components/responses/{ERRORS[status][0]}"}


def _errors_of(method: str, call: dict) -> list[int]:
    """The statuses, in order, of what can go wrong with a call."""
    found = {401, 403, 422, 429, 500, 503}
    if method != "get":
        found |= {409, 413}
    if "requestBody" in call:
        found |= {400, 415}
    if any(each.get("in") == "path" or each.get("required") for each in call["parameters"]):
        found.add(404)
    return sorted(found)

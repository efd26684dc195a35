"""What is wrong with a request's fields, in the reader's language.

pydantic finds it and says it in English; the kinds that people meet are said again here, the rest stays
as it is.
"""

from django.utils.translation import gettext as _

# Body parameters have a name in Python that the sender never sees.
SOURCES_WITH_A_NAME_OF_OUR_OWN = ("body",)


def field_errors(errors: list[dict]) -> list[dict]:
    """`[{"in": "body", "field": "reservations[0].start", "message": …}]` from the errors of django-ninja."""
    return [_field_error(error) for error in errors]


def _field_error(error: dict) -> dict:
    source, *path = error["loc"]
    if source in SOURCES_WITH_A_NAME_OF_OUR_OWN:
        path = path[1:]
    return {"in": str(source), "field": _dotted(path), "message": _message(error)}


def _dotted(path: list) -> str:
    """`reservations[0].start`; empty when the error is about the whole."""
    dotted = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return dotted.removeprefix(".")


def _message(error: dict) -> str:
    limits = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return _("This is missing.")
        case "extra_forbidden":
            return _("This field is not known here.")
        case "string_type":
            return _("This must be text.")
        case "string_pattern_mismatch" | "string_unicode":
            return _("This text has characters that cannot be used here.")
        case "string_too_short":
            return _("This must not be empty.")
        case "string_too_long":
            return _("At most %(most)s characters.") % {"most": limits["max_length"]}
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size":
            return _("This must be a whole number.")
        case "bool_type" | "bool_parsing":
            return _("This must be true or false.")
        case "float_type" | "float_parsing" | "finite_number":
            return _("This must be a number.")
        case "greater_than":
            return _("More than %(limit)s.") % {"limit": limits["gt"]}
        case "greater_than_equal":
            return _("At least %(least)s.") % {"least": limits["ge"]}
        case "less_than_equal":
            return _("At most %(most)s.") % {"most": limits["le"]}
        case "too_short":
            return _("At least %(least)s.") % {"least": limits["min_length"]}
        case "list_type":
            return _("This must be a list.")
        case "model_attributes_type" | "model_type" | "dict_type":
            return _("This must be an object with fields.")
        case "literal_error" | "enum":
            return _("This must be one of: %(choices)s.") % {"choices": limits["expected"]}
        case _:
            return error["msg"]

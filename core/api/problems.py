"""The bodies of answers that tell what went wrong (RFC 9457), and of the refusals in them."""

from ninja import Schema
from pydantic import Field

from core.api.times import TimeOut
from core.refusals import Alternative, Refusal


class AlternativeOut(Schema):
    start: TimeOut
    end: TimeOut
    equipment: list[str]

    @classmethod
    def of(cls, alternative: Alternative) -> "AlternativeOut":
        return cls(start=alternative.start, end=alternative.end, equipment=list(alternative.equipment))


class RefusalOut(Schema):
    """Why not, and of which reservation: `equipment`, `start` and `end` as they were asked for."""

    code: str
    message: str
    equipment: str
    start: TimeOut | None
    end: TimeOut | None
    overridable: bool
    alternatives: list[AlternativeOut]

    @classmethod
    def of(cls, refusal: Refusal) -> "RefusalOut":
        return cls(
            code=refusal.code,
            message=str(refusal.message),
            equipment=refusal.equipment,
            start=refusal.start,
            end=refusal.end,
            overridable=refusal.overridable,
            alternatives=[AlternativeOut.of(each) for each in refusal.alternatives],
        )


class FieldErrorOut(Schema):
    """`in` is body, query, path or header; `field` the way to it, such as `reservations[0].start`."""

    source: str = Field(serialization_alias="in")
    field: str
    message: str


class ProblemOut(Schema):
    """A problem document (RFC 9457). `missing` comes with 403 where a role is: `booker`, `technician`,
    `facility_manager`; `refusals` with 409, `errors` with 422."""

    type: str
    title: str
    status: int
    detail: str
    missing: str = ""
    refusals: list[RefusalOut] = []
    errors: list[FieldErrorOut] = []

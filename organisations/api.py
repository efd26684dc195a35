"""The API's calls about the person who calls."""

from django.http import HttpRequest
from ninja import Router, Schema

from organisations.models import Membership

router = Router(tags=["people"])


class MembershipOut(Schema):
    slug: str
    name: str
    role: str


class MeOut(Schema):
    email: str
    organisations: list[MembershipOut]


@router.get("me", response=MeOut, operation_id="me", summary="Who am I")
def me(request: HttpRequest):
    """The person whose token or session this is, and the organisations to book for."""
    memberships = Membership.objects.filter(user=request.auth).select_related("organisation")
    return MeOut(
        email=request.auth.email,
        organisations=[
            MembershipOut(slug=each.organisation.slug, name=each.organisation.name, role=each.role)
            for each in memberships.order_by("organisation__name")
        ],
    )

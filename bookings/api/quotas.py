"""The API's call that answers: what is left of the hours that our people share?"""

from decimal import Decimal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router

from bookings.api.schemas import BalanceOut, QuotaOut
from bookings.quotas.balances import Balance, QuotaBalance, load_balances
from core.api.texts import Code
from organisations.models import Organisation

router = Router(tags=["quotas"])


@router.get("quotas", response=list[QuotaOut], operation_id="list_quotas", summary="Hours that are left")
def list_quotas(request: HttpRequest, organisation: Code):
    """Of each quota of the organisation (its short name): what counts in this week, month or quarter, and the next."""
    asked = get_object_or_404(Organisation.objects.visible_to(request.auth), slug=organisation)
    return [_quota_out(each) for each in load_balances([asked], now=timezone.now())]


def _quota_out(balance: QuotaBalance) -> QuotaOut:
    quota = balance.quota
    return QuotaOut(
        quota=str(quota),
        per=quota.span,
        scope=str(quota.scope),
        fieldlab=quota.fieldlab.slug if quota.fieldlab else None,
        type=quota.equipment_type.slug if quota.equipment_type else None,
        hours=_hours(quota.hours),
        **_balance_out(balance.current).model_dump(),
        next=_balance_out(balance.coming),
    )


def _balance_out(balance: Balance) -> BalanceOut:
    return BalanceOut(window=list(balance.window), used=_hours(balance.used), left=_hours(balance.left))


def _hours(hours: Decimal) -> float:
    return round(float(hours), 2)

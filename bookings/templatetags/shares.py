"""Hours of quotas and issues, as the pages say them."""

from decimal import Decimal

from django import template
from django.utils.translation import gettext as _

from bookings.models import Quota
from bookings.quotas.balances import Balance
from bookings.rules.book import issue_in_words
from core.clock import ZONE
from core.formatting import hours_in_words, window_in_words

register = template.Library()


@register.filter
def issue(code: str) -> str:
    return issue_in_words(code)


@register.filter
def hours_said(hours: Decimal) -> str:
    """7.5"""
    return hours_in_words(hours)


@register.filter
def window_of(balance: Balance, quota: Quota) -> str:
    """week 9, 2027"""
    return window_in_words(quota.span, balance.window.start.astimezone(ZONE).date())


@register.filter
def weighs(quota: Quota) -> str:
    """What an hour counts as, where that is not always one."""
    if quota.peak_weight == quota.off_peak_weight == 1:
        return ""
    return _("From Monday to Friday %(start)s–%(end)s an hour counts as %(peak)s, at other times as %(off)s.") % {
        "start": f"{quota.peak_from:%H:%M}",
        "end": f"{quota.peak_until:%H:%M}",
        "peak": hours_in_words(quota.peak_weight),
        "off": hours_in_words(quota.off_peak_weight),
    }

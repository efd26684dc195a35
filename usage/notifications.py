"""What is told of usage: that the report of a month was made."""

from datetime import date, datetime

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from notifications.letter import Letter, address_of
from notifications.models import Notification
from notifications.types import Audience, NotificationType, Section, register


@register
class UsageReport(NotificationType):
    code, label = "usage_report", gettext_lazy("usage report of the month")
    section, audience = Section.OVERVIEWS, Audience.LEADERS

    def compose(self, notification: Notification, *, now: datetime) -> Letter:
        """The figures are those of the kept report, written down when it was made."""
        payload = notification.payload
        month = date.fromisoformat(payload["month"])
        said = {"whose": payload["whose"], "month": date_format(month, "F Y")}
        address = f"{address_of('usage')}?month={month:%Y-%m}"
        if payload["organisation"]:
            address += f"&organisation={payload['organisation']}"
        more = [_("%(hours)s of these are economic.") % {"hours": _hours(payload["economic"])}]
        if payload["bookable"] is not None:
            more.append(_("%(hours)s could be booked.") % {"hours": _hours(payload["bookable"])})
        more.append(_("The page has the report as it was made, as a file with every row."))
        opening = ngettext(
            "%(count)d reservation, %(hours)s booked.",
            "%(count)d reservations, %(hours)s booked.",
            payload["reservations"],
        )
        return Letter(
            subject=_("Usage report of %(whose)s, %(month)s") % said,
            opening=opening % {"count": payload["reservations"], "hours": _hours(payload["booked"])},
            address=address,
            action=_("See report"),
            more=tuple(more),
        )


def _hours(number: float) -> str:
    return _("%(hours)s hours") % {"hours": number_format(number, decimal_pos=1)}

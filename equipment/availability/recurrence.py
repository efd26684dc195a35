"""The moments of a recurrence rule, found with bounded work whatever the rule says and wherever it starts."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile

from dateutil.rrule import DAILY, rrule

# The Gregorian calendar is the same again after 400 years, which is a whole number of weeks.
CALENDAR_REPEATS_AFTER = timedelta(days=146_097)


class UnboundedRule(ValueError):
    """A rule that could be searched for ever without a result."""


def moments_of(rule: rrule, *, start: datetime, before: datetime) -> Iterator[datetime]:
    """The moments of `rule`, which has no UNTIL, from `start` on that lie before `before`; naive wall-clock times.

    dateutil looks for the next moment until the year 9999, which takes it seconds where there is none: a 31 February,
    every seventh day that is to be a Friday and is a Monday. So the rule is laid in the last years that it knows, where
    at most 400 of them are left to look through. Raises UnboundedRule for what that is no help with: a rule finer than
    days, which has millions of steps in a year, and one by Easter, whose dates do not come back.
    """
    if rule._freq > DAILY or rule._byeaster is not None:
        raise UnboundedRule("FREQ, BYEASTER")
    if start >= before:
        return iter(())
    later = (datetime.max - before) // CALENDAR_REPEATS_AFTER * CALENDAR_REPEATS_AFTER  # noqa: DTZ901
    found = takewhile(lambda moment: moment < before + later, rule.replace(dtstart=start + later))
    return (moment - later for moment in found)

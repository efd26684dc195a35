"""Dutch public holidays, by name, from the `holidays` package.

Which of them close the building is for each facility to choose: Good Friday and Liberation Day are free in
one company and not in the next.
"""

from collections.abc import Iterable
from datetime import date

import holidays
from holidays.constants import OPTIONAL, PUBLIC


def public_holidays(years: Iterable[int]) -> list[tuple[date, str]]:
    """Day and Dutch name, in order; also those that only some are free on (Goede vrijdag, Bevrijdingsdag)."""
    found = holidays.country_holidays("NL", years=list(years), language="nl", categories=(PUBLIC, OPTIONAL))
    return sorted((day, name) for day, names in found.items() for name in names.split("; "))


def names_of_public_holidays() -> list[str]:
    """The names a catalogue may choose from, in the order of the year."""
    return list(dict.fromkeys(name for _day, name in public_holidays([2026])))

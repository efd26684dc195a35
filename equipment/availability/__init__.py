"""When equipment can be had: opening hours, closures and outages, kept as django-scheduler calendars.

The one door to django-scheduler; other apps import from here. `open_time` reads the spans that calendars are
expanded to.
"""

from equipment.availability.open_periods import OPEN_TIME, OpenTime, Period, open_time, periods_of

__all__ = ["OPEN_TIME", "OpenTime", "Period", "open_time", "periods_of"]

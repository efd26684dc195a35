"""The set-up pages about supply: machines, their policies, and when they can be had."""

from equipment.admin import calendars, machines, people

__all__ = ["calendars", "machines", "people"]

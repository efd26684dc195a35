"""The set-up pages about supply: machines, their policies, when they can be had, and who may use them."""

from equipment.admin import calendars, machines, people
from equipment.certificates import admin as certificates

__all__ = ["calendars", "certificates", "machines", "people"]

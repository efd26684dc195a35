"""The catalogue file: all that a facility offers in one readable TOML file. Its manual is docs/catalogue.md."""

from equipment.catalogue.applying import apply_catalogue, apply_catalogue_unless_hit, preview_catalogue
from equipment.catalogue.content import Catalogue
from equipment.catalogue.problems import CatalogueRefused, Problem
from equipment.catalogue.reading import read_catalogue
from equipment.catalogue.report import Report

__all__ = [
    "Catalogue",
    "CatalogueRefused",
    "Problem",
    "Report",
    "apply_catalogue",
    "apply_catalogue_unless_hit",
    "preview_catalogue",
    "read_catalogue",
]

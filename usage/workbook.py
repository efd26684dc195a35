"""A usage report as an XLSX file: the totals, the rows they are made of, and what the words mean."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from bookings.models import Economic
from core.clock import ZONE
from usage.measures import Group, Row, hours
from usage.report import Report

HOURS, MOMENT, SHARE = "0.00", "dd-mm-yyyy hh:mm", "0.0%"


def workbook_of(report: Report, *, made_at: datetime) -> bytes:
    """The file. Totals are formulas over the cells above them, so that whoever opens it can add them again."""
    stream = BytesIO()
    # Nothing that people typed may become a formula or a link.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": title_of(report)})
        _totals(book, report, made_at)
        _rows(book, report.rows)
        _definitions(book)
    return stream.getvalue()


def title_of(report: Report) -> str:
    whose = report.organisation.name if report.organisation else "BIC Atrium"
    return _("Usage of %(whose)s, %(month)s") % {"whose": whose, "month": f"{report.month:%m-%Y}"}


def _totals(book: Workbook, report: Report, made_at: datetime) -> None:
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet(_("Totals"))
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 5, 16)
    sheet.write_string(0, 0, title_of(report), bold)
    sheet.write_string(1, 0, _("Made on %(moment)s") % {"moment": f"{made_at.astimezone(ZONE):%d-%m-%Y %H:%M}"})
    line = 3
    for name, groups in groupings(report):
        line = _grouping(book, sheet, line, name, groups)


def groupings(report: Report) -> list[tuple[str, list[Group]]]:
    """Every way the report is broken down, with its heading."""
    return [
        (_("Fieldlab"), report.by_fieldlab),
        (_("Machine"), report.by_equipment),
        (_("Organisation"), report.by_organisation),
        (_("Type of organisation"), report.by_organisation_class),
        (_("Purpose"), report.by_purpose),
        (_("Economic or not"), report.by_economic),
    ]


def _grouping(book: Workbook, sheet: Worksheet, line: int, name: str, groups: Sequence[Group]) -> int:
    """Writes one table from `line` on; gives the line from which there is room again."""
    bold, in_hours, share = (book.add_format(f) for f in ({"bold": True}, {"num_format": HOURS}, {"num_format": SHARE}))
    heads = [name, _("Reservations"), _("Booked hours"), _("of which economic"), _("Bookable hours"), _("Utilisation")]
    for column, head in enumerate(heads):
        sheet.write_string(line, column, head, bold)
    first = line + 1
    for at, group in enumerate(groups, start=first):
        sheet.write_string(at, 0, group.name)
        sheet.write_number(at, 1, len(group.rows))
        sheet.write_number(at, 2, hours(group.booked), in_hours)
        sheet.write_number(at, 3, hours(group.economic), in_hours)
        if group.bookable is not None:
            sheet.write_number(at, 4, hours(group.bookable), in_hours)
        if group.utilisation is not None:
            sheet.write_number(at, 5, group.utilisation, share)
    total = first + len(groups)
    sheet.write_string(total, 0, _("Total"), bold)
    if groups:
        sums = [sum(len(g.rows) for g in groups), *(sum(hours(t) for t in times) for times in _columns(groups))]
        for column, value in enumerate(sums, start=1):
            letter = "ABCDE"[column]
            whole = book.add_format({"bold": True, "num_format": HOURS if column > 1 else "0"})
            sheet.write_formula(total, column, f"=SUM({letter}{first + 1}:{letter}{total})", whole, value)
    return total + 2


def _columns(groups: Sequence[Group]) -> list[list]:
    columns = [[group.booked for group in groups], [group.economic for group in groups]]
    bookable = [group.bookable for group in groups if group.bookable is not None]
    return [*columns, bookable] if bookable else columns


def _rows(book: Workbook, rows: Sequence[Row]) -> None:
    bold: Format = book.add_format({"bold": True})
    moment, in_hours = book.add_format({"num_format": MOMENT}), book.add_format({"num_format": HOURS})
    sheet = book.add_worksheet(_("Reservations"))
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 9, 20)
    heads = [
        _("Booking"),
        _("Machine"),
        _("Fieldlab"),
        _("Organisation"),
        _("Type of organisation"),
        _("Purpose"),
        _("Economic or not"),
        _("From"),
        _("Until"),
        _("Booked hours"),
    ]
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
    for line, row in enumerate(rows, start=1):
        texts = (row.reference, row.equipment, row.fieldlab, row.organisation, row.organisation_class, row.purpose)
        for column, text in enumerate((*texts, str(Economic(row.economic).label))):
            sheet.write_string(line, column, text)
        sheet.write_datetime(line, 7, row.start.astimezone(ZONE).replace(tzinfo=None), moment)
        sheet.write_datetime(line, 8, row.end.astimezone(ZONE).replace(tzinfo=None), moment)
        sheet.write_number(line, 9, hours(row.booked), in_hours)
    sheet.autofilter(0, 0, max(len(rows), 1), len(heads) - 1)


def definitions() -> list[tuple[str, str]]:
    """What each word of the report means, as the page and the file say it."""
    return [
        (
            _("Booked hours"),
            _(
                "Hours of reservations that were confirmed, used or no-shows, as far as they lie in the "
                "month. Preparation and clean-up are not counted, nor is what was cancelled, declined or "
                "displaced by an outage."
            ),
        ),
        (
            _("Bookable hours"),
            _(
                "Opening hours without closures and outages. For a machine that may run unattended: all hours of the "
                "month without outages."
            ),
        ),
        (_("Utilisation"), _("Booked hours as a part of bookable hours.")),
        (
            _("Economic"),
            _("As the purpose was ruled on the day of booking. A purpose without a ruling counts as economic."),
        ),
        (_("Hours"), _("Elapsed time: the night on which the clocks change has an hour less or more.")),
    ]


def _definitions(book: Workbook) -> None:
    sheet = book.add_worksheet(_("Definitions"))
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 120)
    bold, wrapped = book.add_format({"bold": True, "valign": "top"}), book.add_format({"text_wrap": True})
    for line, (word, meaning) in enumerate(definitions()):
        sheet.write_string(line, 0, word, bold)
        sheet.write_string(line, 1, meaning, wrapped)

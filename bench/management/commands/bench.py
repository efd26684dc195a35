"""`manage.py bench`: the work of a day, measured at two sizes in one run, beside bare SQL for the same work."""

import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import datetime

from django.conf import settings
from django.core.management.base import BaseCommand
from django.test.utils import override_settings
from django.utils import timezone

from bench.databases import bench_databases, fill
from bench.floor import FloorMeasured, measure_floor
from bench.outbox import SENT_A_ROUND, mail_sink
from bench.timing import Measured, measure
from bench.works import AT_MOST_TIMES_ONE_BOOKING, Bench, Work
from demo.progress import Progress
from demo.scale import MOST

CATALOGUE = settings.BASE_DIR / "demo" / "atrium.toml"
SIZES, QUICK_SIZES = [10_000, 1_000_000], [1_000, 10_000]
AT_MOST_TIMES_SLOWER = 1.3

Row = tuple[Work, dict[int, Measured]]


class Command(BaseCommand):
    help = (
        "Measure booking, weeks and search in databases of its own (bench_…), made on the configured server and "
        "dropped afterwards. Prints milliseconds beside goals; it judges nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("--sizes", type=_sizes, help="numbers of reservations, as in 10000,1000000")
        parser.add_argument("--quick", action="store_true", help="small sizes and few rounds, to see that it works")

    def handle(self, *, sizes: list[int] | None, quick: bool, **options):
        sizes = sizes or (QUICK_SIZES if quick else SIZES)
        now = timezone.now()
        with bench_databases([_database(size) for size in sizes]) as use:
            for size in sizes:
                use(_database(size))
                with Progress(f"{size:>9,}", sys.stderr) as progress:
                    added = fill(size, CATALOGUE, now=now, progress=progress)
                self.stdout.write(f"{added:,} reservations in {_database(size)}")
            # The pages' own debugging would be measured too.
            with override_settings(ALLOWED_HOSTS=["localhost"], SECURE_SSL_REDIRECT=False, DEBUG=False):
                with mail_sink() as port:
                    rows = _measure_all(sizes, use, now, quick, port)
                self.stdout.write("\n".join(_table(rows, sizes)))
                use(_database(sizes[0]))
                self.stdout.write("\n".join(_floor_in_words(measure_floor(now=now))))


def _measure_all(sizes: list[int], use: Callable[[str], None], now: datetime, quick: bool, port: int) -> list[Row]:
    """Each work at all sizes before the next, so that the sizes meet the machine in the same mood."""
    with ExitStack() as stack:
        benches = {}
        for size in sizes:
            use(_database(size))
            benches[size] = stack.enter_context(closing(Bench(now=now, quick=quick, mail_port=port)))
        rows: list[Row] = []
        for works in zip(*(bench.works() for bench in benches.values()), strict=True):
            measured = {}
            for size, work in zip(sizes, works, strict=True):
                use(_database(size))
                measured[size] = measure(work.do, work.bare, rounds=work.rounds)
            rows.append((works[0], measured))
        return rows


def _table(rows: list[Row], sizes: list[int]) -> list[str]:
    lines = [
        "",
        f"{'work':26} {'reservations':>12} {'p50 ms':>8} {'p95 ms':>8} {'statements':>10} {'× bare':>7}  goal",
    ]
    for work, by_size in rows:
        for size, m in by_size.items():
            figures = f"{size:12,} {m.p50:8.2f} {m.p95:8.2f} {m.statements:10} {m.times_bare:6.1f}×"
            lines.append(f"{work.name:26} {figures}  {work.goal}")
    small, large = sizes[0], sizes[-1]
    lines += ["", f"{f'{large:,} against {small:,}':40} {'p50':>6}  goal"]
    for work, by_size in rows:
        slower = by_size[large].p50 / by_size[small].p50
        lines.append(f"{work.name:40} {slower:5.2f}×  ≤ {AT_MOST_TIMES_SLOWER}×")
    one, many = rows[0][1], rows[1][1]
    for size in sizes:
        times = many[size].p50 / one[size].p50
        lines.append(f"{f'class against one booking, {size:,}':40} {times:5.2f}×  ≤ {AT_MOST_TIMES_ONE_BOOKING}×")
        sent = SENT_A_ROUND / rows[-1][1][size].p50 * 1000
        lines.append(f"{f'notifications a second of one worker, {size:,}':40} {sent:5.0f}")
    return lines


def _floor_in_words(floor: FloorMeasured) -> list[str]:
    lines = [
        "",
        f"the floor, {floor.machines} machines, a week, {floor.reservations:,} reservations, in one request:",
        f"  {floor.bytes / 1000:,.0f} kB, {floor.zipped / 1000:,.0f} kB compressed",
        f"  {floor.server:.0f} ms in the server, {floor.server / floor.bare:.1f}× the bare query",
    ]
    if floor.usable is None or floor.longest_task is None:
        return [*lines, "  no Chromium was found: name one in the variable CHROMIUM to see when it can be used"]
    return [
        *lines,
        f"  {floor.usable:.0f} ms until it can be used in Chromium, server included",
        f"  longest task of the page {floor.longest_task:.0f} ms (0: none over 50), aim ≤ 200 ms",
    ]


def _database(size: int) -> str:
    return f"bench_{size}"


def _sizes(text: str) -> list[int]:
    parts = text.replace("_", "").split(",")
    if not all(part.isdigit() and 1_000 <= int(part) <= MOST for part in parts):
        raise ArgumentTypeError(f"numbers from 1000 to {MOST} with commas between them")
    return sorted({int(part) for part in parts})

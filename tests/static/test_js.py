"""What of the pages' scripts needs no document: tests of Node's own, and that they reckon as Python does."""

import json
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from bookings.timeline.scale import day_bounds, scale_of_day
from tests.node import node_here, run_node

HERE = Path(__file__).parent / "js"


@pytest.mark.parametrize("script", sorted(each.name for each in HERE.glob("*.test.mjs")))
def test_the_tests_of_node_pass(script):
    if node_here() is None:
        pytest.skip("Node is not installed; run: make prepare")
    ran = subprocess.run([node_here(), "--test", HERE / script], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("on", [date(2027, 3, 1), date(2027, 3, 28), date(2027, 10, 31)], ids=str)
@pytest.mark.parametrize("hours", [(7, 22), (0, 24)], ids=str)
def test_the_script_puts_a_moment_where_python_does(on, hours):
    scale = scale_of_day(on, hours)
    start, end = day_bounds(on)
    moments = [start + timedelta(minutes=20) * number for number in range((end - start) // timedelta(minutes=20) + 1)]
    ran = run_node(HERE / "places.mjs", scale.as_json, *(str(int(moment.timestamp())) for moment in moments))
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == pytest.approx([scale.place(moment) for moment in moments], abs=0.002)

"""What gunicorn's own configuration promises: its processes count together, and nothing of it stays behind."""

import os
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families

from tests.bookings.services.test_races_over_http import url_of_test_database
from tests.deploy import servers

PROCESSES, ASKED = 3, 24


@pytest.fixture
def site(transactional_db, tmp_path):
    port = servers.free_port()
    environment = os.environ | {"DATABASE_URL": url_of_test_database(), "DEBUG": "1", "REDIS_URL": settings.REDIS_URL}
    environment["METRICS_TOKEN"] = "secret"
    environment["TMPDIR"] = str(tmp_path)
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(PROCESSES)]
    address = f"http://127.0.0.1:{port}"
    answers = servers.page_answers(f"{address}/health/ready")
    with servers.running(
        command, answers=answers, log=tmp_path / "log", env=environment, cwd=settings.BASE_DIR, within=90
    ) as process:
        yield address, process


def ask(address: str) -> str:
    request = urllib.request.Request(address, headers={"Authorization": "Bearer secret"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


def requests_of(address: str) -> dict[tuple[str, str], float]:
    """(pattern, status): how often, as one scrape says."""
    text = ask(f"{address}/metrics")
    return {
        (sample.labels["route"], sample.labels["status"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "bic_requests_total"
    }


def test_every_process_tells_what_all_have_counted_also_those_that_are_gone(site):
    address, process = site
    for number in range(ASKED):
        ask(f"{address}/feeds/{number}.ics")
    told = ("feeds/<str:secret>.ics", "404")
    assert [requests_of(address)[told] for _scrape in range(3 * PROCESSES)] == [ASKED] * 3 * PROCESSES
    psutil.Process(process.pid).children()[0].send_signal(signal.SIGKILL)
    for number in range(ASKED):
        ask(f"{address}/feeds/{number}.ics")
    assert [requests_of(address)[told] for _scrape in range(3 * PROCESSES)] == [2 * ASKED] * 3 * PROCESSES


def test_when_it_ends_the_folder_of_its_counts_is_gone(site):
    _address, process = site
    opened = [file.path for child in psutil.Process(process.pid).children() for file in child.open_files()]
    (folder,) = {Path(path).parent for path in opened if "bic-metrics-" in path}
    assert list(folder.glob("*.db"))
    process.terminate()
    process.wait(30)
    assert not folder.exists()


@pytest.mark.parametrize("charset", ["hex", "rot13", "base64", "nonsense", "idna", "utf-16", "\\x00"])
def test_a_charset_in_which_no_text_is_written_is_refused_on_our_page(site, charset):
    address, _process = site
    headers = {"Content-Type": f"application/x-www-form-urlencoded; charset={charset}"}
    request = urllib.request.Request(f"{address}/account/login/", b"login=a", headers, method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.code == 400
    assert "Dit verzoek is niet te lezen" in refused.value.read().decode()

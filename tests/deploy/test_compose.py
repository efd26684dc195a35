"""What docker-compose.yml promises, read from it; no container is started."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from tests.deploy import servers

ROOT = settings.BASE_DIR
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "beat")
SET = {
    "SECRET_KEY": "x", "POSTGRES_ADMIN_PASSWORD": "admin", "POSTGRES_PASSWORD": "app", "REDIS_PASSWORD": "broker",
    "ALLOWED_HOSTS": "booking.example.org", "SITE_URL": "https://booking.example.org", "EMAIL_URL": "smtp://mail",
    "DEFAULT_FROM_EMAIL": "booking@example.org",
}  # fmt: skip


@pytest.fixture
def compose(tmp_path):
    """`docker compose config` with this environment, by whichever program this machine has for it."""
    nothing = tmp_path / "env"
    nothing.touch()
    return lambda **environment: config(nothing, environment)


def config(env_file: Path, environment: dict[str, str]) -> subprocess.CompletedProcess:
    plugin = shutil.which("docker") and subprocess.run(
        ["docker", "compose", "version"], capture_output=True, check=False
    )
    command = ["docker", "compose"] if plugin and plugin.returncode == 0 else ["docker-compose"]
    if command == ["docker-compose"] and shutil.which("docker-compose") is None:
        pytest.skip("docker compose is not installed (Debian: docker-compose)")
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}  # plug-ins may be in either
    return subprocess.run(
        [*command, "--env-file", env_file, "-f", "docker-compose.yml", "config"],
        capture_output=True, text=True, env=kept | environment, cwd=ROOT, check=False,
    )  # fmt: skip


def test_compose_reads_it(compose):
    done = compose(**SET)
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == set(SERVICES)


@pytest.mark.parametrize("variable", SET)
def test_it_refuses_to_start_without_what_must_be_set(compose, variable):
    done = compose(**{name: value for name, value in SET.items() if name != variable})
    assert done.returncode != 0
    assert f"set {variable} in .env" in done.stderr


def test_the_example_names_all_that_must_be_set():
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert set(SET) <= {line.partition("=")[0] for line in lines}


@pytest.mark.parametrize("name", SERVICES)
def test_each_container_is_kept_small(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "/tmp" in service["tmpfs"]
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert service.get("privileged") is None
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")


def test_any_number_of_web_containers_can_stand_behind_the_one_port():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert SERVICES["proxy"]["ports"] == ["${BIND:-127.0.0.1:8000}:8080"]
    assert not any("container_name" in service for service in SERVICES.values())


def test_the_site_signs_in_as_an_account_of_its_own_and_redis_asks_for_a_password():
    for name in (*OURS, "backup"):
        assert SERVICES[name]["environment"]["DATABASE_URL"].startswith("postgres://bic:")
    assert SERVICES["postgres"]["environment"].get("POSTGRES_USER", "postgres") != "bic"
    (script,) = [each for each in SERVICES["postgres"]["volumes"] if "initdb.d" in each]
    assert (ROOT / script.split(":")[0]).stat().st_mode & 0o111
    assert '--requirepass "$$REDISCLI_AUTH"' in " ".join(SERVICES["redis"]["command"])


def test_what_containers_write_outlives_them():
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source, _, target = volume.partition(":")
            kept = source in COMPOSE["volumes"]
            assert kept or (target.endswith(":ro") and (ROOT / source).exists()), f"{name}: {volume}"


def test_a_worker_has_time_to_finish_and_a_request_too():
    assert SERVICES["worker"]["stop_grace_period"] == "2m"
    assert SERVICES["web"]["stop_grace_period"] == "35s"


def test_each_environment_variable_of_the_image_is_one_that_the_settings_read():
    read = (ROOT / "bic" / "settings.py").read_text()
    of_the_library = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}  # which talks to the bucket, and finds them itself
    for name in SERVICES["web"]["environment"].keys() - of_the_library:
        assert f'"{name}"' in read, name


@pytest.mark.parametrize("name", ["compose.conf", "bic.conf"])
def test_nginx_reads_what_comes_along(name, tmp_path):
    """Only its words are read: the names in it are of containers, or of the example."""
    program = servers.need("nginx", "nginx")
    certificate, key = tmp_path / "site.pem", tmp_path / "site.key"
    make_certificate(certificate, key)
    site = (ROOT / "deploy" / "nginx" / name).read_text()
    site = site.replace("/etc/ssl/certs/booking.example.org.pem", str(certificate))
    site = site.replace("/etc/ssl/private/booking.example.org.key", str(key))
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{site}\n}}\n")
    done = subprocess.run(
        [program, "-t", "-e", "stderr", "-p", tmp_path, "-c", tmp_path / "nginx.conf"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def make_certificate(certificate, key) -> None:
    program = servers.need("openssl", "openssl")
    subprocess.run(
        [program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-out", certificate, "-keyout", key],
        check=True, capture_output=True,
    )  # fmt: skip
    key.chmod(0o644)

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

LIVE, READY = "/health/live", "/health/ready"


@pytest.fixture
def closed_broker(settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"


@pytest.mark.django_db
def test_it_is_ready_when_database_migrations_and_broker_are(client):
    answer = client.get(READY)
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "database": "up", "migrations": "applied", "broker": "up"}
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_without_the_broker_it_still_serves(client, closed_broker):
    answer = client.get(READY)
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["broker"] == "down"


@pytest.mark.django_db
def test_without_the_database_it_lives_but_is_not_ready(client, monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "host", "/nowhere")
    assert client.get(LIVE).status_code == 200
    answer = client.get(READY)
    assert answer.status_code == 503
    assert (answer.json()["status"], answer.json()["database"]) == ("not ready", "down")


@pytest.mark.django_db(transaction=True)
def test_with_a_migration_missing_it_is_not_ready(client):
    last = MigrationRecorder.Migration.objects.filter(app="bookings").latest("name")
    last.delete()
    try:
        answer = client.get(READY)
    finally:
        MigrationRecorder.Migration.objects.create(app=last.app, name=last.name)
    assert answer.status_code == 503
    assert answer.json()["migrations"] == "missing"


@pytest.mark.django_db
def test_a_probe_by_address_and_over_plain_http_gets_its_answer(client, settings):
    settings.ALLOWED_HOSTS = ["booking.example.org"]
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(LIVE, headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.get(READY, headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/", headers={"host": "10.0.0.7:8000"}).status_code == 400


@pytest.mark.django_db
def test_every_migration_is_written(capsys):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)

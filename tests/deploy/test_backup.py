"""A backup that is really taken and really put back, by an account that is no superuser."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from tests.deploy import servers

DEPLOY = settings.BASE_DIR / "deploy"


def run(*command: str | Path, env: Mapping[str, str], fails: bool = False) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=settings.BASE_DIR, check=False)
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    return done.stdout if not fails else done.stderr


@pytest.fixture(scope="module")
def cluster():
    with servers.postgresql() as found:
        run("sh", DEPLOY / "postgres" / "application-role.sh", env=found | {"BIC_PASSWORD": "it's"})
        yield found


@pytest.fixture(scope="module")
def site(cluster, tmp_path_factory):
    """The environment of a site with the demonstration in it, under the account that the script made."""
    media = tmp_path_factory.mktemp("media")
    (media / "photos").mkdir()
    (media / "photos" / "printer.png").write_bytes(b"a photo")
    found = cluster | {
        "DATABASE_URL": f"postgres://bic:it%27s@127.0.0.1:{cluster['PGPORT']}/bic",
        "MEDIA_ROOT": str(media),
        "DEBUG": "1",
    }
    for command in (["migrate", "--noinput"], ["demo_data"]):
        run(sys.executable, "manage.py", *command, env=found)
    return found


def contents(url: str) -> dict[str, list]:
    """Every row of every table, and what holds them: extensions, constraints and triggers."""
    with psycopg.connect(url) as asking:
        names = [name for (name,) in asking.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        found = {
            name: asking.execute(sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(name))).fetchall()
            for name in sorted(names)
        }
        for what, query in {
            "extensions": "SELECT extname FROM pg_extension ORDER BY 1",
            "constraints": "SELECT conname, contype, conrelid::regclass::text FROM pg_constraint ORDER BY 1, 2, 3",
            "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
            "sequences": "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1",
        }.items():
            found[what] = asking.execute(query).fetchall()
    return found


def test_the_account_of_the_site_owns_its_database_and_is_nothing_more(cluster, site):
    with psycopg.connect(site["DATABASE_URL"]) as asking:
        role = asking.execute("SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication FROM pg_roles "
                              "WHERE rolname = current_user").fetchone()  # fmt: skip
        assert role == (False, False, False, False)
        assert asking.execute("SHOW lock_timeout").fetchone() == ("15s",)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(site["DATABASE_URL"].replace("it%27s", "other"))


def test_what_is_put_back_is_what_was_there(site, tmp_path):
    before = contents(site["DATABASE_URL"])
    assert "btree_gist" in {name for (name,) in before["extensions"]}
    assert before["bookings_reservation"]
    assert before["bookings_reservationevent"], "the history"
    assert before["triggers"]
    dump = Path(run("sh", DEPLOY / "backup" / "backup.sh", tmp_path, env=site).strip())
    assert dump.stat().st_mode & 0o077 == 0

    with psycopg.connect(site["DATABASE_URL"]) as havoc:
        havoc.execute("TRUNCATE bookings_booking CASCADE")
        havoc.execute("CREATE TABLE left_over (id int)")
    photo = Path(site["MEDIA_ROOT"]) / "photos" / "printer.png"
    photo.unlink()
    assert contents(site["DATABASE_URL"]) != before

    run("sh", DEPLOY / "backup" / "restore.sh", dump, env=site)
    assert contents(site["DATABASE_URL"]) == before
    assert photo.read_bytes() == b"a photo"
    assert "No migrations to apply" in run(sys.executable, "manage.py", "migrate", env=site)


def test_half_a_backup_is_refused_and_changes_nothing(site, tmp_path):
    before = contents(site["DATABASE_URL"])
    dump = Path(run("sh", DEPLOY / "backup" / "backup.sh", tmp_path, env=site).strip())
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    run("sh", DEPLOY / "backup" / "restore.sh", dump, env=site, fails=True)
    assert contents(site["DATABASE_URL"]) == before


def test_a_backup_that_fails_leaves_nothing_and_the_old_ones_stay(site, tmp_path):
    old = tmp_path / "bic-20200101T000000Z.dump"
    old.write_bytes(b"old")
    os.utime(old, (0, 0))
    broken = site | {"DATABASE_URL": "postgres://bic@127.0.0.1:1/bic"}
    run("sh", DEPLOY / "backup" / "backup.sh", tmp_path, env=broken, fails=True)
    assert list(tmp_path.iterdir()) == [old]
    run("sh", DEPLOY / "backup" / "backup.sh", tmp_path, env=site)
    assert sorted(path.name.partition(".")[2] for path in tmp_path.iterdir()) == ["dump", "media.tar.gz"]
    assert not old.exists()

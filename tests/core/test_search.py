"""Words are found without their accents, in every list and every set-up page, and by an index where a table grows."""

import json
from importlib import import_module

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory

from bookings.models import Booking, Reservation
from bookings.views.bookings import SEARCHED
from core.search import mentioning
from organisations.admin import SearchedByWords
from organisations.models import User

DECOMPOSED = "Coo\u0308rdinaten"  # an o and a diaeresis after it


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Coördinatenmeetmachine", "coordinaten"),
        ("Coordinatenmeetmachine", "coördinaten"),
        ("Recréatie", "CREATIE"),
        (DECOMPOSED, "coördinaten"),
        ("Coördinaten", DECOMPOSED),
        ("Straße", "strasse"),
        ("STRASSE", "straße"),
        ("Smørrebrød", "smorrebrod"),
        ("Łódź", "lodz"),
        ("Œuvre & Æther", "oeuvre aether"),
        ("ﬁjnmechanica", "fijn"),
        ("Ĳssel", "ijssel"),
        ("Yılmaz", "yilmaz"),
        ("50 % rabat_1", "% _"),
        (r"C:\temp", "\\"),
    ],
)
def test_letters_are_found_however_they_are_written(db, written, typed):
    User.objects.create_user("one@example.org", name=written)
    assert mentioning(User.objects.all(), typed, ["name"]).count() == 1


def test_signs_that_a_database_reads_as_any_letter_are_themselves(db):
    User.objects.create_user("one@example.org", name="Fifty")
    for sign in ("%", "_", "\\", "％"):
        assert not mentioning(User.objects.all(), sign, ["name"])


def test_every_word_may_stand_in_another_column(make_reservation, engineer, verhagen):
    verhagen.name = "Créatief bv"
    verhagen.save()
    make_reservation(title="Proefstuk één")
    for words, found in (("creatief een", 1), ("creatief fdm-01 proefstuk", 1), ("creatief twee", 0), ("", 1)):
        assert mentioning(Reservation.objects.all(), words, SEARCHED).count() == found


# ---- Everywhere ----


@pytest.fixture
def accents(make_equipment, printer_type, fieldlab, engineer, verhagen, make_booking):
    """All that is searched, with accents."""
    printer_type.name, fieldlab.name, engineer.name, verhagen.name = "Coördinaten", "Créatie", "Zoë Müller", "Brûlé bv"
    for each in (printer_type, fieldlab, engineer, verhagen):
        each.save()
    make_equipment("CMM-01")
    return make_booking(("09:00", "11:00"), title="Façade")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/floor/?date=2027-03-01&q={}", ["coordinaten", "creatie"]),
        ("/api/v1/equipment?q={}", ["coordinaten", "creatie"]),
        ("/bookings/?whose=all&q={}", ["facade", "zoe", "brule"]),
        ("/outbox/?show=planned&q={}", ["zoe", "muller"]),
        ("/admin/organisations/user/?q={}", ["zoe"]),
        ("/admin/organisations/organisation/?q={}", ["brule"]),
        ("/admin/equipment/equipment/?q={}", ["coordinaten"]),
        ("/admin/bookings/booking/?q={}", ["facade", "zoe", "brule"]),
        ("/admin/bookings/reservation/?q={}", ["facade", "brule"]),
    ],
)
def test_pages_find_without_accents(client, accents, facility_manager, address, words):
    facility_manager.is_staff = True
    facility_manager.save()
    client.force_login(facility_manager)
    nothing = client.get(address.format("nothingofthekind")).content.decode()
    for word in words:
        page = client.get(address.format(word)).content.decode()
        for page_or_nothing, there in ((page, True), (nothing, False)):
            found = any(text in page_or_nothing for text in ("CMM-01", "Façade", "Zoë Müller", "Brûlé bv"))
            assert found == there, word


def test_fields_that_complete_find_without_accents(client, accents, facility_manager):
    facility_manager.is_staff = True
    facility_manager.save()
    client.force_login(facility_manager)
    asked = {"app_label": "organisations", "model_name": "membership", "field_name": "organisation", "term": "brule"}
    answer = client.get("/admin/autocomplete/", asked)
    assert [row["text"] for row in answer.json()["results"]] == ["Brûlé bv"]


def test_every_set_up_page_that_is_searched_goes_by_words():
    searched = {model: page for model, page in admin.site._registry.items() if page.search_fields}
    assert len(searched) >= 15
    searched.pop(SocialAccount)  # allauth's own page, for superusers
    assert [model for model, page in searched.items() if not isinstance(page, SearchedByWords)] == []


@pytest.mark.django_db
def test_every_set_up_page_can_be_searched(rf: RequestFactory):
    for model, page in admin.site._registry.items():
        if page.search_fields:
            found, _duplicates = page.get_search_results(rf.get("/"), model._base_manager.all(), "façade é")
            assert list(found) == []


# ---- By an index ----

GROWING = {"organisations_organisation", "organisations_user", "bookings_booking", "bookings_reservation"}
ORGANISATIONS = """
    INSERT INTO organisations_organisation (name, slug, organisation_class, kvk_number, region)
    SELECT md5(n::text), md5(n::text), 'micro', '', 'brabant'
      FROM generate_series((SELECT count(*) FROM organisations_organisation), %(upto)s / 50) AS n"""
PEOPLE = """
    INSERT INTO organisations_user (password, is_superuser, email, name, language, is_active, is_staff, joined_at)
    SELECT '', false, 'p' || md5(n::text) || '@example.org', md5(n::text), 'nl', true, false, now()
      FROM generate_series((SELECT count(*) FROM organisations_user), %(upto)s / 2) AS n"""
BOOKINGS = """
    INSERT INTO bookings_booking (organisation_id, booker_id, purpose_id, title, created_at)
    SELECT (SELECT min(id) FROM organisations_organisation) + n %% (%(upto)s / 50),
           (SELECT min(id) FROM organisations_user) + n %% (%(upto)s / 2), %(purpose)s, md5(n::text), now()
      FROM generate_series((SELECT count(*) FROM bookings_booking), %(upto)s) AS n"""
RESERVATIONS = """
    INSERT INTO bookings_reservation (booking_id, equipment_id, period, occupied, state, economic, organisation_class,
                                      revision, decision_reason, cancelled_late)
    SELECT booking.id, (%(machines)s::bigint[])[1 + booking.id %% 30], hour.period, hour.period, 'cancelled',
           'economic', 'micro', 0, '', false
      FROM bookings_booking booking,
           LATERAL (SELECT timestamptz '2020-01-01' + booking.id * interval '1 hour' AS start) AS begins,
           LATERAL (SELECT tstzrange(start, start + interval '1 hour') AS period) AS hour
     WHERE NOT EXISTS (SELECT FROM bookings_reservation r WHERE r.booking_id = booking.id)"""


def nodes(plan: dict):
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def rows_read(found) -> int:
    """How many of the tables that grow, with those that were looked at and left."""
    [explained] = json.loads(found.explain(format="json", analyze=True))
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return sum(
        (node["Actual Rows"] + sum(node.get(name, 0) for name in removed)) * node["Actual Loops"]
        for node in nodes(explained["Plan"])
        if node.get("Relation Name") in GROWING
    )


def test_a_search_reads_what_it_finds_however_much_there_is(engineer, verhagen, purpose, make_equipment):
    machines = [make_equipment().pk for _number in range(30)]
    read = {}
    for upto in (2_000, 20_000):
        with connection.cursor() as cursor:
            # Neither history nor the checks of what refers to what, which take longer than all the rest.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in (ORGANISATIONS, PEOPLE, BOOKINGS, RESERVATIONS):
                cursor.execute(statement, {"upto": upto, "purpose": purpose.pk, "machines": machines})
            cursor.execute("SET LOCAL session_replication_role = origin")
            cursor.execute(f"ANALYZE {', '.join(GROWING)}, equipment_equipment")
        title, person = Booking.objects.latest("pk").title[:12], User.objects.latest("pk")
        read[upto] = [
            rows_read(mentioning(Reservation.objects.all(), title, SEARCHED)),
            rows_read(mentioning(Reservation.objects.all(), f"{title[:6]} {title[6:]}", SEARCHED)),
            rows_read(mentioning(Booking.objects.all(), title, admin.site._registry[Booking].search_fields)),
            rows_read(mentioning(User.objects.all(), person.name[:12], ["name", "email"])),
            rows_read(mentioning(User.objects.all(), person.email[:12], ["name", "email"])),
        ]
    assert max(read[2_000] + read[20_000]) < 200, read


def test_who_owns_the_database_may_bring_in_what_it_needs_superuser_or_not(db):
    """In a schema of its own, as the account of a deployment that is given a database and no more."""
    folded = import_module("core.migrations.0001_search_without_accents").FOLDED
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION unaccent CASCADE; DROP EXTENSION pg_trgm CASCADE")
        cursor.execute("CREATE ROLE plain; CREATE SCHEMA own AUTHORIZATION plain")
        cursor.execute(f"GRANT CREATE ON DATABASE {connection.settings_dict['NAME']} TO plain")
        cursor.execute("SET LOCAL ROLE plain; SET LOCAL search_path TO own")
        cursor.execute(f"CREATE EXTENSION unaccent; CREATE EXTENSION pg_trgm; {folded}")
        cursor.execute("SET LOCAL search_path TO pg_catalog")
        # Whatever the search path is, as where PostgreSQL itself makes an index anew.
        cursor.execute("SELECT own.folded('Cre\u0301atie'), own.folded(NULL)")
        assert cursor.fetchone() == ("creatie", None)

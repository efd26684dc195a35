"""The demo's people and bookings, and reservations in sets. Told once for all tests, on 24 February 2027."""

import stat
from datetime import UTC, date, time, timedelta
from io import StringIO
from itertools import product

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Lower, Upper

from bookings.models import Booking, Issue, Purpose, Reservation, ReservationState
from bookings.quotas.balances import load_balances
from bookings.scheduling.free_time import timelines
from bookings.scheduling.placement import RequestedSlot
from bookings.services import book
from demo.management.commands.demo_data import CATALOGUE, STORY, make_demo
from demo.password import demo_password
from demo.people import ORGANISATIONS, OTHERS, SIGN_IN_AS
from demo.progress import Progress
from demo.scale import MACHINES, MOST, add_reservations
from demo.story import read_story
from equipment.catalogue import read_catalogue
from equipment.models import Certificate, CertificateKind, Equipment, Operator
from notifications.models import Notification
from organisations.models import Membership, Organisation, User
from tests.conftest import AMSTERDAM, NOW, wall

PASSWORD = "een-lang-demowachtwoord"


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker):
    """The demo in a transaction around all tests of this file; each test gets a savepoint of its own."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_demo(password=PASSWORD, now=NOW)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demo(told, db) -> None:
    """The demo, as it was told."""


@pytest.fixture
def run(monkeypatch):
    """Run the command; gives what was printed."""
    monkeypatch.setenv("DEMO_PASSWORD", PASSWORD)

    def run(*options: str) -> str:
        out = StringIO()
        call_command("demo_data", *options, stdout=out)
        return out.getvalue()

    return run


class TestStory:
    """Without a database: the story speaks only of what there is."""

    story = read_story(STORY)
    catalogue = read_catalogue(CATALOGUE.read_text(encoding="utf-8"))

    def test_its_machines_are_in_the_catalogue(self):
        types = {slug for lesson in self.story.lessons for slug in lesson.machines}
        types |= {slug for habit in self.story.habits for slug in habit.types}
        types |= {one.type for one in self.story.one_offs} | {share.type for share in self.story.quotas} - {""}
        assert types <= self.catalogue.types.keys()
        assert {outage.equipment for outage in self.story.outages} <= self.catalogue.equipment.keys()

    def test_its_certificates_and_fieldlabs_are_in_the_catalogue(self):
        kinds = {kind for granted in self.story.certificates for kind in granted.kinds}
        assert kinds <= self.catalogue.certificates.keys()
        assert {share.fieldlab for share in self.story.quotas} - {""} <= self.catalogue.fieldlabs.keys()

    def test_its_people_book_for_their_own_organisations(self):
        belongs = {(person.email, person.organisation) for person in [*SIGN_IN_AS, *OTHERS]}
        booked = [*self.story.lessons, *self.story.habits, *self.story.one_offs]
        assert {(s.person, s.organisation) for s in booked} <= belongs
        assert {(s.supervisor, s.organisation) for s in self.story.lessons} <= belongs
        assert {person.organisation for person in OTHERS} <= {slug for slug, *_rest in ORGANISATIONS}


class TestPeople:
    @pytest.mark.parametrize("person", SIGN_IN_AS, ids=lambda person: person.email)
    def test_each_signs_in_with_the_one_password_and_has_the_role(self, demo, person):
        user = User.objects.get(email=person.email)
        assert user.check_password(PASSWORD)
        assert user.facility_roles == ({person.group} - {""})
        roles = set(Membership.objects.filter(user=user).values_list("organisation__slug", "role"))
        assert roles == ({(person.organisation, person.role)} if person.organisation else set())

    def test_the_facility_manager_opens_the_set_up_pages_and_the_engineer_does_not(self, demo):
        staff = set(User.objects.filter(is_staff=True).values_list("email", flat=True))
        assert "manager@example.org" in staff
        assert "engineer@example.org" not in staff

    def test_every_class_of_organisation_but_government_is_there(self, demo):
        assert Organisation.objects.count() == 12
        assert Organisation.objects.values("organisation_class").distinct().count() == 9


class TestCertificates:
    def test_one_ends_within_the_month_and_one_was_withdrawn(self, demo):
        today, month = NOW.date(), timedelta(days=30)
        ending = Certificate.objects.valid_on(today).filter(valid_until__lte=today + month)
        assert set(ending.values_list("user__email", "kind__slug")) == {("engineer2@example.org", "laser")}
        withdrawn = Certificate.objects.exclude(withdrawn_at=None).get()
        assert withdrawn.user.email == "daan@example.org"
        assert withdrawn.withdrawal_reason

    def test_no_reservation_ahead_lacks_one(self, demo):
        assert not Issue.objects.filter(code="not_certified").exists()

    def test_every_operator_has_those_of_the_machines_they_run(self, demo):
        for operator in Operator.objects.all():
            needed = CertificateKind.objects.filter(required_for__operators=operator)
            held = Certificate.objects.valid_on(NOW.date()).filter(user=operator.user)
            assert not needed.exclude(pk__in=held.values("kind")).exists()

    def test_the_schools_have_their_holidays(self, demo):
        schools = Organisation.objects.exclude(holidays=None).values_list("slug", "holidays__slug")
        assert dict(schools) == {
            "summa-college": "closures-vakanties-summa-college",
            "fontys": "closures-vakanties-fontys",
        }


class TestBookings:
    def test_there_are_four_weeks_on_either_side(self, demo):
        starts = Reservation.objects.annotate(start=Lower("period"))
        assert starts.filter(start__lt=NOW).count() > 150
        assert starts.filter(start__gt=NOW).count() > 150
        ordered = starts.order_by("start").values_list("start", flat=True)
        first, last = ordered.first(), ordered.last()
        assert timedelta(days=25) < NOW - first < timedelta(days=35)
        assert starts.filter(booking__pattern=None, start__gt=NOW + timedelta(days=25)).exists()
        assert last - NOW < timedelta(days=70)  # the longest class

    def test_each_was_made_before_it_began_and_none_in_the_future(self, demo):
        assert not Reservation.objects.filter(booking__created_at__gte=Lower(F("period"))).exists()
        assert not Booking.objects.filter(created_at__gt=NOW).exists()

    def test_the_history_knows_who_made_each(self, demo):
        first = Reservation.objects.order_by("pk").first()
        assert first.events.first().pgh_context.metadata["user"] == first.booking.booker_id

    def test_past_requests_were_answered_and_some_wait(self, demo):
        requested = Reservation.objects.filter(state=ReservationState.REQUESTED).annotate(start=Lower("period"))
        assert not requested.filter(start__lt=NOW).exists()
        assert Reservation.objects.exclude(decided_by=None).exists()

    def test_whoever_signs_in_has_bookings_of_their_own_ahead(self, demo):
        for email in ("engineer@example.org", "engineer2@example.org", "teacher@example.org"):
            ahead = Reservation.objects.going_on_or_ahead(NOW).filter(booking__booker__email=email)
            assert ahead.exists(), email

    def test_a_class_of_fourteen_weeks_is_one_booking_that_leaves_the_holidays_out(self, demo):
        booking = Booking.objects.get(title="Cobots programmeren, 2A")
        assert booking.supervisor.email == "teacher@example.org"
        assert booking.pattern is not None
        days = {_local(r.start).date() for r in booking.reservations.all()}
        assert len(days) == 12
        assert not {date(2027, 2, 9), date(2027, 4, 27)} & days  # carnaval, the King's birthday
        assert {_local(r.start).time() for r in booking.reservations.all()} == {time(8, 30)}
        assert booking.reservations.filter(period__contains=wall("2027-03-02 09:00")).count() == 4

    def test_a_metal_print_comes_with_the_station_that_finishes_it(self, demo):
        booking = Booking.objects.get(title="Warmtewisselaar, met losmaken")
        printed, finished = booking.reservations.select_related("equipment").order_by("period")
        assert (printed.equipment.code, finished.equipment.code) == ("LPBF-01", "POST-01")
        assert finished.start >= printed.occupied.upper
        assert None not in (printed.operator, finished.operator)

    def test_some_requests_wait(self, demo):
        waiting = Reservation.objects.filter(state=ReservationState.REQUESTED).values_list("booking__title", flat=True)
        assert set(waiting) >= {"Nulserie behuizing", "Koelblok, tweede proef", "Grijper voor dunne plaat"}

    def test_nobody_is_mailed_about_the_past_and_what_is_ahead_will_be_told(self, demo):
        assert not Notification.objects.due(NOW).exists()
        assert not Notification.objects.filter(by_mail=True).exclude(sent_at=None).exists()
        ahead = Notification.objects.waiting().filter(kind="reminder", recipient__email="teacher@example.org")
        assert ahead.filter(due_at__gt=NOW).exists()
        assert Notification.objects.filter(recipient__email="engineer@example.org").exclude(sent_at=None).exists()

    def test_no_quota_is_overdrawn_and_each_is_used(self, demo):
        balances = load_balances(Organisation.objects.all(), now=NOW)
        assert len(balances) == 3
        for balance in balances:
            assert 0 < balance.current.used <= balance.current.hours
            assert balance.coming.used <= balance.coming.hours

    @pytest.mark.parametrize("code", ["FDM-01", "FDM-02", "FDM-03", "FDM-04", "SLA-01", "SLA-02", "COB-01", "COB-02"])
    def test_the_engineer_is_refused_a_common_machine_for_a_clash_only(self, demo, code):
        engineer = User.objects.get(email="engineer@example.org")
        machine = Equipment.objects.get(code=code)
        asked = {
            "booker": engineer,
            "organisation": engineer.memberships.get().organisation,
            "purpose": Purpose.objects.get(code="trial-production"),
            "now": NOW,
            "dry_run": True,
        }
        starts = [wall(f"2027-02-{day} {hour:02}:00") for day, hour in product((25, 26), (8, 10, 13, 15, 18))]
        requested_slots = [RequestedSlot(start, start + timedelta(hours=1), machine) for start in starts]
        outcome = book(requested_slots=requested_slots, on_refusal="skip", **asked)
        assert outcome.reservations
        assert {refusal.code for refusal in outcome.skipped} <= {"clash"}

    def test_a_newcomer_finds_common_machines_free_tomorrow(self, demo):
        common = Equipment.objects.filter(code__regex="^(FDM|COB|ROB-0[23]|SLA|AR|LAS|SOL)-?")
        start = NOW.replace(hour=0) + timedelta(days=1)
        found = timelines(equipment=common, start=start, end=start + timedelta(days=1))
        long_free = [t for t in found.values() if any(p.end - p.start >= timedelta(hours=3) for p in t.free)]
        assert len(long_free) >= 12


class TestCommand:
    def test_the_second_time_it_adds_nothing_and_prints_whom_to_sign_in_as(self, demo, run):
        before = Reservation.objects.count(), Booking.objects.count(), User.objects.count()
        told = run()
        assert (Reservation.objects.count(), Booking.objects.count(), User.objects.count()) == before
        assert PASSWORD in told
        for person in SIGN_IN_AS:
            assert person.email in told

    def test_another_password_becomes_everyones(self, demo, run, monkeypatch):
        monkeypatch.setenv("DEMO_PASSWORD", "another-long-password")
        run()
        assert User.objects.get(email="auditor@example.org").check_password("another-long-password")

    def test_a_demo_that_somebody_played_with_is_still_the_demo(self, demo, run):
        Organisation.objects.create(name="A visitor's", slug="visitor", organisation_class="small")
        assert PASSWORD in run()

    @pytest.mark.parametrize("number", ["0", "-1", "many", "99999999"])
    def test_a_scale_that_makes_no_sense_is_refused(self, run, number):
        with pytest.raises(CommandError, match="--scale"):
            run(f"--scale={number}")


class TestPassword:
    def test_it_is_made_once_and_only_its_owner_may_read_it(self, tmp_path, monkeypatch):
        monkeypatch.delenv("DEMO_PASSWORD", raising=False)
        file = tmp_path / "data" / "demo_password"
        password = demo_password(file)
        assert len(password) >= 12
        assert demo_password(file) == password
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_the_environments_wins_and_is_not_kept(self, tmp_path, monkeypatch):
        monkeypatch.setenv("DEMO_PASSWORD", PASSWORD)
        assert demo_password(tmp_path / "demo_password") == PASSWORD
        assert not any(tmp_path.iterdir())


class TestScale:
    COUNT = 12_000

    @pytest.fixture
    def added(self, demo) -> int:
        return add_reservations(self.COUNT, now=NOW)

    def test_reservations_on_sixty_machines_without_history(self, demo):
        before, events = Reservation.objects.count(), Reservation.pgh_event_model.objects.count()
        added = add_reservations(self.COUNT, now=NOW)
        assert Reservation.objects.count() == before + added
        assert added > self.COUNT * 0.95  # the demo has its own on some of these machines
        assert Reservation.pgh_event_model.objects.count() == events
        assert Equipment.objects.count() == MACHINES
        assert Equipment.objects.filter(reservations__isnull=False).distinct().count() == MACHINES

    def test_they_lie_between_a_year_back_and_two_years_ahead(self, added):
        ours = Reservation.objects.annotate(start=Lower("period"), end=Upper("period"))
        assert ours.filter(start__lt=NOW - timedelta(days=366)).count() == 0
        assert ours.filter(end__gt=NOW + timedelta(days=732)).count() == 0
        past = ours.filter(start__lt=NOW - timedelta(days=40)).count()
        assert 0.15 < past / added < 0.45
        assert not ours.filter(state=ReservationState.COMPLETED, end__gt=NOW).exists()

    def test_every_booking_has_its_reservation_and_was_made_before(self, added):
        assert not Booking.objects.filter(reservations=None).exists()
        assert not Reservation.objects.filter(booking__created_at__gt=Lower(F("period"))).exists()

    def test_they_begin_on_a_quarter_of_an_hour(self, added):
        starts = Reservation.objects.order_by("-pk").values_list(Lower("period"), flat=True)[:2000]
        assert {start.astimezone(UTC).minute % 15 for start in starts} == {0}

    def test_more_than_fit_are_refused(self, demo):
        with pytest.raises(ValueError, match="at most"):
            add_reservations(MOST + 1, now=NOW)

    def test_nobody_to_book_is_told(self, demo):
        Membership.objects.all().delete()
        with pytest.raises(ValueError, match="nobody belongs"):
            add_reservations(1000, now=NOW)


def test_progress_says_nothing_where_nobody_watches():
    stream = StringIO()
    with Progress("Bookings", stream) as progress:
        progress(1, 2)
    assert stream.getvalue() == ""


def _local(moment):
    return moment.astimezone(AMSTERDAM)

"""Choosing when to be reminded and what comes by mail."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import TypeReminders
from notifications.models import Notification, NotificationPreference
from tests.conftest import NOW, wall

pytestmark = pytest.mark.django_db

EVERYTHING = ["confirmation", "decision", "moved", "cancelled", "reminder", "free_until", "ending", "issue"]


@pytest.fixture
def mine(client, engineer, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    client.force_login(engineer)

    def send(**changes):
        given = {"leads": ["60"], "day_before_at": "17:00", "quiet_from": "22:00", "quiet_until": "07:00"}
        return client.post("/me/notices/", given | {"mailed": EVERYTHING} | changes, follow=True)

    send.get = lambda: client.get("/me/notices/").content.decode()
    return send


def reminded():
    waiting = Notification.objects.waiting().filter(kind="reminder")
    return sorted(waiting.values_list("due_at", flat=True))


def test_who_chose_nothing_sees_the_defaults(mine):
    page = mine.get()
    assert 'value="60" id="id_leads_2" checked' in " ".join(page.split())
    assert 'value="17:00"' in page
    assert "Back to the defaults" not in page


def test_several_times_before_the_start_replace_the_reminders_of_what_is_booked(mine, make_reservation):
    make_reservation("09:00", "11:00")
    assert reminded() == [wall("2027-02-28 17:00"), wall("08:00")]
    assert "Saved." in mine(leads=["15", "120", "2880"], day_before_at="").content.decode()
    assert reminded() == [wall("2027-02-27 09:00"), wall("07:00"), wall("08:45")]
    preference = NotificationPreference.objects.get()
    assert preference.leads == [timedelta(minutes=15), timedelta(hours=2), timedelta(days=2)]


def test_no_reminders_at_all_is_a_choice(mine, make_reservation):
    make_reservation("09:00", "11:00")
    mine(leads=[], day_before_at="")
    assert reminded() == []


def test_quiet_hours_move_what_falls_into_them(mine, make_reservation):
    make_reservation("09:00", "11:00")
    mine(leads=["120"], day_before_at="", quiet_from="20:00", quiet_until="08:15")
    assert reminded() == [wall("08:15")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quiet_from": ""}, "Fill in both, or neither"),
        ({"quiet_until": "22:00"}, "end at another time"),
        ({"day_before_at": "late"}, "Write a time as 09:30."),
        ({"leads": ["7"]}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_nothing_is_kept(mine, changes, said):
    answer = mine(**changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not NotificationPreference.objects.exists()


def test_a_kind_is_switched_off_for_mail_and_others_of_which_one_is_not_asked_stay(mine, engineer):
    NotificationPreference.objects.create(person=engineer, unmailed=["request"])
    mine(mailed=[kind for kind in EVERYTHING if kind != "reminder"])
    kept = NotificationPreference.objects.get().unmailed
    assert {"request", "reminder"} <= set(kept)
    assert "confirmation" not in kept


def test_one_goes_back_to_the_defaults(mine, make_reservation):
    make_reservation("09:00", "11:00")
    mine(leads=[], day_before_at="")
    mine(defaults="1")
    assert not NotificationPreference.objects.exists()
    assert reminded() == [wall("2027-02-28 17:00"), wall("08:00")]


def test_each_is_asked_about_what_may_come(client, engineer, facility_manager, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    for user, there in ((engineer, False), (facility_manager, True)):
        client.force_login(user)
        page = client.get("/me/notices/").content.decode()
        assert ("Request that awaits a decision" in page) is there
        assert ("Overview of the day" in page) is there


def test_the_facility_sets_reminders_for_a_type(client, django_user_model, printer_type, make_reservation, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    make_reservation("09:00", "11:00")
    client.force_login(django_user_model.objects.create_superuser("boss@example.org", "x", name="Boss", language="en"))
    given = {"equipment_type": printer_type.pk, "leads": ["240"], "day_before_at": ""}
    answer = client.post("/admin/bookings/typereminders/add/", given, follow=True)
    assert answer.redirect_chain
    assert TypeReminders.objects.get().leads == [timedelta(hours=4)]
    assert reminded() == [wall("07:00")]  # 05:00 is in the quiet hours
    page = client.get(f"/admin/bookings/typereminders/{printer_type.pk}/change/").content.decode()
    assert 'value="240"' in page
    client.post(f"/admin/bookings/typereminders/{printer_type.pk}/delete/", {"post": "yes"})
    assert reminded() == [wall("2027-02-28 17:00"), wall("08:00")]

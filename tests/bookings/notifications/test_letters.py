"""What is read: the subject and the words of each kind, in the reader's language, as it left for the mail server."""

from datetime import date, timedelta

import pytest

from bookings.models import Booking, Issue
from bookings.notifications.writing import DECISIONS_GATHER, ISSUES_GATHER
from bookings.scheduling.placement import RequestedSlot
from bookings.services import cancel, cancel_booking, move
from equipment.availability import add_outage
from equipment.certificates.notifications import notify_of_expiring_certificates
from equipment.certificates.services import grant
from equipment.models import CertificateKind
from floor.services import approve, decline
from notifications import outbox
from notifications.models import Notification
from tests.conftest import NOW, wall

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(mail_server):
    """Sweep at a moment; the mails that were sent then, by recipient and subject."""

    def sent(now=NOW) -> dict[tuple[str, str], str]:
        before = len(mail_server.taken)
        outbox.sweep(clock=lambda: now)
        return {
            (str(m["To"]).split("@")[0], str(m["Subject"]).strip()): m.get_body(("plain",)).get_content()
            for m in mail_server.taken[before:]
        }

    return sent


def only(mails: dict) -> tuple[str, str]:
    """Subject and first line of the one mail."""
    [((_to, subject), text)] = mails.items()
    return subject, text.splitlines()[0]


class TestMail:
    @pytest.fixture
    def message(self, make_reservation, mail_server):
        make_reservation(title="Nozzle <b>42</b>\nBcc: all@example.org")
        outbox.sweep(clock=lambda: NOW)
        return mail_server.taken[0]

    def test_it_carries_its_id_and_says_that_a_machine_wrote_it(self, message):
        notification = Notification.objects.get(kind="confirmation")
        assert message["Message-ID"] == notification.message_id == f"<{notification.pk.hex}@127.0.0.1>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Bcc"] is None

    def test_text_and_html_say_the_same_and_lead_to_the_booking(self, message):
        text = message.get_body(("plain",)).get_content()
        html = message.get_body(("html",)).get_content()
        booking = Booking.objects.get()
        for part in (text, html):
            assert "Your booking is confirmed." in part
            assert "Mon 1 March 2027 09:00–11:00" in part
            assert f"http://127.0.0.1:8000/bookings/{booking.reference}/" in part
        assert "Nozzle <b>42</b>" in text
        assert "Nozzle &lt;b&gt;42&lt;/b&gt;" in html
        assert 'lang="en"' in html

    def test_it_speaks_the_language_of_its_reader(self, make_reservation, engineer, sent):
        engineer.language = "nl"
        engineer.save()
        make_reservation()
        subject, opening = only(sent())
        assert subject == "Gereserveerd: FDM-01, ma 1 maart 2027 09:00–11:00"
        assert opening == "Je boeking is bevestigd."


class TestBooking:
    def test_of_many_dates_the_subject_names_the_first_and_the_mail_all(
        self, make_booking, printer, second_printer, sent
    ):
        days = [wall("2027-03-02 09:00") + timedelta(weeks=week) for week in range(5)]
        requested_slots = [
            RequestedSlot(day, day + timedelta(hours=2), m) for day in days for m in (printer, second_printer)
        ]
        make_booking(*requested_slots, title="Class 2A")
        [((_to, subject), text)] = sent().items()
        assert subject == "Booked: Class 2A (5 reservations, first Tue 2 March 2027 09:00–11:00)"
        assert text.count("FDM-01, FDM-02") == 5
        assert "Tue 30 March 2027 09:00–11:00" in text

    def test_a_request_says_so_to_who_asked_and_asks_the_manager(
        self, make_booking, printer_type, facility_manager, sent
    ):
        printer_type.approval = "manager"
        printer_type.save()
        make_booking(("09:00", "11:00"))
        mails = sent()
        what = "FDM-01, Mon 1 March 2027 09:00–11:00"
        assert mails.keys() == {
            ("engineer", f"Requested: {what}"),
            ("manager", f"Request awaiting your decision: {what}"),
        }
        to_manager = mails["manager", f"Request awaiting your decision: {what}"]
        assert "Engineer of Verhagen Fijnmechanica asks for your approval." in to_manager
        assert "http://127.0.0.1:8000/requests/" in to_manager

    def test_the_supervisor_reads_whose_booking_it_is(self, make_booking, org_manager, sent):
        make_booking(("09:00", "11:00"), supervisor=org_manager)
        words = "Engineer booked this with you as supervisor."
        assert {to: words in text for (to, _subject), text in sent().items()} == {
            "engineer": False,
            "orgmanager": True,
        }


class TestChange:
    @pytest.fixture
    def reservation(self, make_reservation, sent):
        reservation = make_reservation()
        sent()
        return reservation

    def test_a_move_says_both_times_and_who_did_it(self, reservation, org_manager, sent):
        move(reservation=reservation, actor=org_manager, now=NOW, start=wall("13:00"), end=wall("15:00"))
        [((_to, subject), text)] = sent().items()
        assert subject == "Moved: FDM-01, Mon 1 March 2027 13:00–15:00"
        assert text.startswith("Orgmanager moved your reservation.")
        assert "Before: Mon 1 March 2027 09:00–11:00, FDM-01" in text

    def test_a_late_cancellation_says_so(self, make_booking, engineer, sent):
        outcome = make_booking(("2027-03-02 09:00", "2027-03-02 10:00"), ("2027-03-03 09:00", "2027-03-03 10:00"))
        sent()
        cancel_booking(booking=outcome.booking, actor=engineer, now=wall("12:00"))
        [text] = [text for (_to, subject), text in sent(wall("12:00")).items() if subject.startswith("Cancelled")]
        assert text.startswith("Your reservations were cancelled.")
        assert "1 was cancelled after the term of free cancellation." in text

    def test_decisions_come_together_with_the_reason(self, make_booking, printer_type, facility_manager, sent):
        printer_type.approval = "manager"
        printer_type.save()
        asked = make_booking(("09:00", "10:00"), ("2027-03-02 09:00", "2027-03-02 10:00")).reservations
        sent()
        approve(reservation=asked[0], actor=facility_manager, now=NOW)
        decline(reservation=asked[1], actor=facility_manager, now=NOW, reason="The oven is needed.")
        [((_to, subject), text)] = sent(NOW + DECISIONS_GATHER).items()
        assert subject.startswith("Decided: ")
        assert "Mon 1 March 2027 09:00–10:00  FDM-01 Printer FDM-01 (confirmed)" in text
        assert "(declined: The oven is needed.)" in text


class TestReminders:
    def test_one_of_what_is_left_of_the_day(self, make_booking, engineer, sent):
        first, _second = make_booking(("09:00", "10:00"), ("13:00", "14:00")).reservations
        cancel(reservation=first, actor=engineer, now=NOW)
        sent()
        sent(wall("2027-02-27 12:00"))
        mails = sent(wall("2027-02-28 17:00"))
        assert only(mails) == ("Reminder: FDM-01, Mon 1 March 2027 13:00–14:00", "This is coming up.")
        assert only(sent(wall("12:00")))[1] == "This is waiting for you today."

    def test_until_when_one_can_cancel_free_of_charge(self, make_booking, sent):
        make_booking(("09:00", "11:00"))
        sent()
        subject, opening = only(sent(wall("2027-02-27 09:00")))
        assert subject.startswith("Last chance to cancel for free (until Sun 28 February 2027 09:00): FDM-01")
        assert opening == "You can cancel this free of charge until Sun 28 February 2027 09:00."

    @pytest.mark.parametrize(("next_starts", "told"), [("11:30", True), ("12:30", False)])
    def test_before_the_end_only_where_another_is_waiting_and_never_who(
        self, make_booking, other_engineer, kempen, printer, next_starts, told, sent
    ):
        make_booking(("09:00", "11:00"))
        after = RequestedSlot(wall(next_starts), wall("14:00"), printer)
        make_booking(after, booker=other_engineer, organisation=kempen)
        sent()
        for moment in ("2027-02-27 09:00", "2027-02-28 17:00", "08:00", "10:40"):
            sent(wall(moment))
        mails = {subject: text for (to, subject), text in sent(wall("10:45")).items() if to == "engineer"}
        assert [subject.split(":")[0] for subject in mails] == (["Ends at 11"] if told else [])
        assert not any("Kempen" in text or "Stranger" in text for text in mails.values())
        assert not Notification.objects.waiting().filter(recipient__name="Engineer").exists()


class TestIssues:
    @pytest.fixture
    def hit(self, make_reservation, printer, sent):
        reservation = make_reservation()
        sent()
        add_outage(printer, start=wall("10:00"), end=wall("12:00"), title="Nozzle", now=NOW)
        return reservation

    def test_what_is_the_matter_is_told_after_a_while(self, hit, sent):
        assert sent() == {}
        subject, opening = only(sent(NOW + ISSUES_GATHER))
        assert subject == "Needs attention: FDM-01, Mon 1 March 2027 09:00–11:00"
        assert opening == "Your reservation needs attention: out of service then."

    def test_what_was_set_right_or_dismissed_meanwhile_is_not(self, hit, facility_manager, sent):
        Issue.objects.resolve(NOW)
        assert sent(NOW + ISSUES_GATHER) == {}
        assert Notification.objects.get(kind="issue").withdrawn_at == NOW + ISSUES_GATHER


def test_a_certificate_that_ends_is_told_unless_it_was_renewed(engineer, facility_manager, sent):
    for name in ("Powder", "Resin"):
        kind = CertificateKind.objects.create(name=name, slug=name.lower())
        grant(user=engineer, kind=kind, by=facility_manager, now=NOW, valid_until=date(2027, 3, 10))
    notify_of_expiring_certificates(now=NOW)
    grant(user=engineer, kind=kind, by=facility_manager, now=NOW)
    subject, opening = only(sent())
    assert subject == "Your certificate is valid through 9 March 2027: Powder"
    assert opening == "After 9 March 2027 you can no longer use machines that need the certificate “Powder”."

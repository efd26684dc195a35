"""Who is told what by which service, in the same transaction; and nothing where nothing happened."""

from datetime import date, time, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bookings.models import TypeReminders
from bookings.notifications.writing import (
    DECISIONS_GATHER,
    ISSUES_GATHER,
    plan_anew,
    plan_the_week,
)
from bookings.scheduling.placement import RequestedSlot
from bookings.services import cancel, cancel_booking, move
from core.refusals import Refused
from equipment.availability import add_outage, cancel_day, rebuilding_once
from equipment.certificates.notifications import notify_of_expiring_certificates
from equipment.certificates.services import grant, withdraw
from equipment.models import CertificateKind, Operator
from floor.services import approve, decline
from notifications.models import Notification, NotificationPreference
from notifications.types import letter_for
from organisations.models import User
from tests.conftest import MONDAY, NOW, wall

pytestmark = pytest.mark.django_db

REMINDER = "reminder"
TUESDAY = MONDAY + timedelta(days=1)
ENGINEER, TEACHER, MANAGER, ORG_MANAGER = "Engineer", "Teacher", "Manager", "Orgmanager"


@pytest.fixture
def approval(printer_type):
    """From now on a facility manager approves."""
    printer_type.approval = "manager"
    printer_type.save()


@pytest.fixture
def powder(printer_type, engineer, facility_manager):
    kind = CertificateKind.objects.create(name="Powder", slug="powder")
    kind.required_for.add(printer_type)
    return grant(user=engineer, kind=kind, by=facility_manager, now=NOW, valid_until=date(2027, 6, 1))


class TestBooking:
    def test_who_booked_gets_one_confirmation_however_many_machines(self, make_booking, printer, second_printer, told):
        week = [
            RequestedSlot(wall("09:00", d), wall("11:00", d), m)
            for d in (MONDAY, TUESDAY)
            for m in (printer, second_printer)
        ]
        make_booking(*week)
        assert told() == [("confirmation", ENGINEER)]

    def test_the_supervisor_gets_one_too(self, make_booking, org_manager, told):
        make_booking(("09:00", "11:00"), supervisor=org_manager)
        assert told() == [("confirmation", ENGINEER), ("confirmation", ORG_MANAGER)]

    def test_who_supervises_the_own_booking_gets_one(self, make_booking, engineer, told):
        make_booking(("09:00", "11:00"), supervisor=engineer)
        assert told() == [("confirmation", ENGINEER)]

    def test_every_facility_manager_hears_of_a_request_once(
        self, make_booking, printer, second_printer, approval, facility_manager, told
    ):
        User.objects.create_superuser("root@example.org", name="Root")
        User.objects.create_superuser("gone@example.org", name="Gone", is_active=False)
        make_booking(*(RequestedSlot(wall("09:00"), wall("11:00"), machine) for machine in (printer, second_printer)))
        assert told() == [("confirmation", ENGINEER), ("request", MANAGER), ("request", "Root")]

    def test_what_a_facility_manager_books_is_no_request(
        self, make_booking, approval, facility_manager, verhagen, told
    ):
        verhagen.memberships.create(user=facility_manager)
        make_booking(("09:00", "11:00"), booker=facility_manager)
        assert told() == [("confirmation", MANAGER)]

    def test_reminders_are_planned_for_what_is_confirmed(self, make_booking, reminded):
        make_booking(("09:00", "11:00"))
        assert reminded() == [
            ("ending", wall("10:45")),
            ("free_until", wall("2027-02-27 09:00")),
            ("reminder", wall("2027-02-28 17:00")),
            ("reminder", wall("08:00")),
        ]

    def test_none_is_planned_for_a_request(self, make_booking, approval, reminded):
        make_booking(("09:00", "11:00"))
        assert reminded() == []

    def test_what_would_have_been_due_before_now_is_left_out(self, make_booking, reminded):
        make_booking(("09:00", "11:00"), now=wall("2027-02-28 18:00"))
        assert reminded() == [("ending", wall("10:45")), ("reminder", wall("08:00"))]

    def test_people_and_types_have_their_own_times(self, make_booking, engineer, org_manager, printer_type, reminded):
        NotificationPreference.objects.create(person=engineer, leads=[timedelta(hours=3)], day_before_at=None)
        TypeReminders.objects.create(equipment_type=printer_type, leads=[timedelta(days=2)], day_before_at=time(12))
        make_booking(("09:00", "11:00"), supervisor=org_manager)
        # At six it is too quiet for the engineer, at seven no more.
        assert reminded(REMINDER) == [
            (REMINDER, wall("2027-02-27 09:00")),
            (REMINDER, wall("2027-02-28 12:00")),
            (REMINDER, wall("07:00")),
        ]

    def test_nothing_is_written_when_it_is_only_tried_refused_or_rolled_back(self, make_booking, make_reservation):
        make_booking(("09:00", "11:00"), dry_run=True)
        with pytest.raises(Refused):
            make_booking(("03:00", "04:00"))
        with transaction.atomic():
            make_booking(("09:00", "11:00"))
            transaction.set_rollback(True)
        assert not Notification.objects.exists()

    def test_a_class_takes_as_many_statements_as_one_machine(
        self, make_booking, make_equipment, approval, facility_manager
    ):
        machines = [make_equipment(f"CLS-{number}") for number in range(4)]

        def book(weeks: range) -> int:
            days = [MONDAY + timedelta(weeks=number) for number in weeks]
            requested_slots = [
                RequestedSlot(wall("09:00", day), wall("10:00", day), machine) for day in days for machine in machines
            ]
            with CaptureQueriesContext(connection) as captured:
                make_booking(*requested_slots)
            return len(captured)

        book(range(1))  # which roles somebody has is read once
        assert book(range(1, 2)) == book(range(2, 16))


class TestPlanning:
    def test_what_was_booked_before_there_were_reminders_is_told_in_its_week(self, make_reservation, reminded):
        make_reservation()
        planned = reminded()
        Notification.objects.all().delete()
        assert plan_the_week(now=wall("2027-02-20 03:00")) == 0
        assert plan_the_week(now=wall("2027-02-24 03:00")) == 1
        assert plan_the_week(now=wall("2027-02-25 03:00")) == 1
        assert reminded() == planned

    def test_a_term_that_changed_moves_the_reminder(self, make_reservation, printer_type, reminded):
        make_reservation()
        printer_type.free_cancellation_term = timedelta(days=2)
        printer_type.save()
        plan_the_week(now=wall("2027-02-25 03:00"))
        assert reminded("free_until") == [("free_until", wall("2027-02-26 09:00"))]

    def test_who_chooses_other_times_is_reminded_at_those(self, make_reservation, engineer, reminded):
        reservation = make_reservation()
        NotificationPreference.objects.create(person=engineer, leads=[timedelta(hours=2)], day_before_at=None)
        plan_anew([reservation.booking_id], now=NOW)
        assert reminded(REMINDER) == [(REMINDER, wall("07:00"))]


class TestMoving:
    @pytest.fixture
    def reservation(self, make_reservation, told):
        reservation = make_reservation("09:00", "11:00")
        told.clear()
        return reservation

    def test_it_is_told_with_both_times_and_who_did_it(self, reservation, org_manager, told):
        move(reservation=reservation, actor=org_manager, now=NOW, start=wall("13:00"), end=wall("15:00"))
        assert told() == [("moved", ENGINEER)]
        payload = Notification.objects.get(kind="moved").payload
        assert (payload["from"]["start"], payload["to"]["start"]) == (
            "2027-03-01T08:00:00+00:00",
            "2027-03-01T12:00:00+00:00",
        )
        assert payload["by"] == ORG_MANAGER

    def test_who_moves_the_own_reservation_gets_it_for_the_record(self, reservation, engineer, told):
        move(reservation=reservation, actor=engineer, now=NOW, start=wall("13:00"), end=wall("15:00"))
        assert told() == [("moved", ENGINEER)]
        assert "by" not in Notification.objects.get(kind="moved").payload

    def test_reminders_are_planned_anew_and_once_more_when_it_moves_back(self, reservation, engineer, reminded):
        before = reminded()
        move(reservation=reservation, actor=engineer, now=NOW, start=wall("13:00"), end=wall("15:00"))
        assert reminded(REMINDER) == [(REMINDER, wall("2027-02-28 17:00")), (REMINDER, wall("12:00"))]
        reservation.refresh_from_db()
        move(reservation=reservation, actor=engineer, now=NOW, start=wall("09:00"), end=wall("11:00"))
        assert reminded() == before

    def test_what_was_reminded_of_already_is_not_told_again(self, reservation, engineer, reminded):
        Notification.objects.filter(due_at=wall("2027-02-28 17:00")).update(sent_at=wall("2027-02-28 17:00"))
        for start, end in (("13:00", "15:00"), ("09:00", "11:00")):
            reservation.refresh_from_db()
            move(
                reservation=reservation, actor=engineer, now=wall("2027-02-28 16:00"), start=wall(start), end=wall(end)
            )
        assert reminded(REMINDER) == [(REMINDER, wall("08:00"))]

    def test_a_reminder_that_is_late_stays_when_another_day_of_the_booking_moves(
        self, make_booking, engineer, reminded
    ):
        tuesday = ("2027-03-02 09:00", "2027-03-02 11:00")
        _monday, other = make_booking(("09:00", "11:00"), tuesday).reservations
        due = [(REMINDER, wall("2027-02-28 17:00")), (REMINDER, wall("08:00"))]
        move(
            reservation=other,
            actor=engineer,
            now=wall("2027-02-28 18:00"),
            start=wall("2027-03-09 09:00"),
            end=wall("2027-03-09 11:00"),
        )
        assert reminded(REMINDER)[:2] == due

    def test_what_must_be_approved_anew_is_told_to_the_managers_and_no_longer_reminded_of(
        self, reservation, engineer, approval, facility_manager, told, reminded
    ):
        move(reservation=reservation, actor=engineer, now=NOW, start=wall("13:00"), end=wall("15:00"))
        assert told() == [("moved", ENGINEER), ("request", MANAGER)]
        assert reminded() == []

    def test_a_move_to_where_it_is_and_one_that_is_tried_tell_nothing(self, reservation, engineer, told):
        move(reservation=reservation, actor=engineer, now=NOW)
        move(reservation=reservation, actor=engineer, now=NOW, start=wall("13:00"), end=wall("15:00"), dry_run=True)
        assert told() == []

    def test_a_booking_of_many_dates_takes_as_many_statements_as_one(self, make_booking, engineer):
        def move_first(dates: list[date]) -> int:
            reservations = make_booking(*((f"{d} 09:00", f"{d} 10:00") for d in dates)).reservations
            with CaptureQueriesContext(connection) as captured:
                move(reservation=reservations[0], actor=engineer, now=NOW, end=reservations[0].end + timedelta(hours=1))
            return len(captured)

        dates = [MONDAY + timedelta(weeks=number) for number in range(12)]
        assert not engineer.is_facility_manager  # read once per person
        assert move_first(dates[:1]) == move_first(dates[1:])


class TestCancelling:
    def test_a_whole_booking_is_one_message_per_person(self, make_booking, org_manager, told, reminded):
        requested_slots = [(f"2027-03-{day} 09:00", f"2027-03-{day} 11:00") for day in ("01", "02", "03")]
        outcome = make_booking(*requested_slots, supervisor=org_manager)
        told.clear()
        cancel_booking(booking=outcome.booking, actor=org_manager, now=NOW)
        assert told() == [("cancelled", ENGINEER), ("cancelled", ORG_MANAGER)]
        assert [len(n.payload["cancelled"]) for n in Notification.objects.filter(kind="cancelled")] == [3, 3]
        assert [
            "by" in n.payload for n in Notification.objects.filter(kind="cancelled").order_by("recipient__name")
        ] == [
            True,
            False,
        ]
        assert reminded() == []

    def test_one_of_a_day_leaves_the_reminder_of_the_other(
        self, make_booking, engineer, second_printer, printer, reminded
    ):
        both = [RequestedSlot(wall("09:00"), wall("11:00"), m) for m in (printer, second_printer)]
        first, _second = make_booking(*both).reservations
        before = reminded()
        cancel(reservation=first, actor=engineer, now=NOW)
        assert reminded() == before

    def test_of_two_starts_of_a_day_the_other_is_reminded_of(self, make_booking, engineer, reminded):
        first, _second = make_booking(("09:00", "10:00"), ("13:00", "14:00")).reservations
        cancel(reservation=first, actor=engineer, now=NOW)
        assert reminded(REMINDER) == [(REMINDER, wall("2027-02-28 17:00")), (REMINDER, wall("12:00"))]

    def test_what_cannot_be_cancelled_any_more_tells_nothing(self, make_reservation, engineer, told):
        reservation = make_reservation()
        cancel(reservation=reservation, actor=engineer, now=NOW)
        told.clear()
        with pytest.raises(Refused):
            cancel(reservation=reservation, actor=engineer, now=NOW)
        assert told() == []


class TestDeciding:
    @pytest.fixture
    def requests(self, make_booking, approval, facility_manager, told):
        requests = make_booking(("09:00", "10:00"), ("2027-03-02 09:00", "2027-03-02 10:00")).reservations
        told.clear()
        return requests

    def test_what_is_approved_is_told_and_reminded_of(self, requests, facility_manager, told, reminded):
        approve(reservation=requests[0], actor=facility_manager, now=NOW)
        assert told() == [("decision", ENGINEER)]
        assert [due for _kind, due in reminded(REMINDER)] == [wall("2027-02-28 17:00"), wall("08:00")]

    def test_all_that_is_decided_within_minutes_is_one_message(self, requests, facility_manager, told):
        approve(reservation=requests[0], actor=facility_manager, now=NOW)
        soon = NOW + DECISIONS_GATHER / 2
        decline(reservation=requests[1], actor=facility_manager, now=soon, reason="The oven is needed.")
        assert told() == [("decision", ENGINEER)]
        assert Notification.objects.get(kind="decision").due_at == NOW + DECISIONS_GATHER

    def test_what_is_decided_later_is_a_message_of_its_own(self, requests, facility_manager, told):
        approve(reservation=requests[0], actor=facility_manager, now=NOW)
        later = NOW + DECISIONS_GATHER
        decline(reservation=requests[1], actor=facility_manager, now=later, reason="The oven is needed.")
        assert told() == [("decision", ENGINEER)] * 2

    def test_what_is_declined_is_not_reminded_of(self, requests, facility_manager, told, reminded):
        decline(reservation=requests[0], actor=facility_manager, now=NOW, reason="The oven is needed.")
        assert told() == [("decision", ENGINEER)]
        assert reminded() == []

    def test_deciding_twice_tells_it_once(self, requests, facility_manager, told):
        approve(reservation=requests[0], actor=facility_manager, now=NOW)
        with pytest.raises(Refused):
            approve(reservation=requests[0], actor=facility_manager, now=NOW)
        assert told() == [("decision", ENGINEER)]


class TestIssues:
    def test_who_booked_hears_that_the_hours_changed_once_per_booking(
        self, make_booking, printer, second_printer, working_hours, told
    ):
        make_booking(*(RequestedSlot(wall("09:00"), wall("11:00"), machine) for machine in (printer, second_printer)))
        told.clear()
        cancel_day(working_hours.event_set.get(), MONDAY, now=NOW)
        assert told() == [("issue", ENGINEER)]
        assert Notification.objects.get(kind="issue").due_at == NOW + ISSUES_GATHER

    def test_the_next_change_of_hours_does_not_tell_it_again(self, make_reservation, printer, told):
        make_reservation("09:00", "11:00")
        told.clear()
        add_outage(printer, start=wall("10:00"), end=wall("12:00"), title="Nozzle", now=NOW)
        add_outage(printer, start=wall("12:00"), end=wall("13:00"), title="Nozzle", now=NOW + timedelta(hours=1))
        assert told() == [("issue", ENGINEER)]

    def test_a_withdrawn_certificate_opens_issues_on_what_it_was_needed_for(
        self, make_reservation, powder, facility_manager, told
    ):
        make_reservation("09:00", "11:00")
        told.clear()
        withdraw(certificate=powder, by=facility_manager, now=NOW, reason="Without a mask.")
        assert told() == [("certificate_withdrawn", ENGINEER), ("issue", ENGINEER)]

    def test_who_was_told_hears_that_it_is_in_order_again(self, make_reservation, printer, told):
        make_reservation("09:00", "11:00")
        told.clear()
        outage = add_outage(printer, start=wall("10:00"), end=wall("12:00"), title="Nozzle", now=NOW)
        Notification.objects.filter(kind="issue").update(sent_at=NOW)
        with rebuilding_once(now=NOW + timedelta(hours=1)):
            outage.delete()
        assert told() == [("issue_over", ENGINEER)]
        over = Notification.objects.get(kind="issue_over")
        letter = letter_for(over, now=NOW + timedelta(hours=1))
        assert letter.subject == "Resolved: FDM-01, Mon 1 March 2027 09:00–11:00"
        assert letter.more == ("The problem was: out of service then.",)

    def test_who_was_not_told_yet_hears_neither(self, make_reservation, printer, told):
        make_reservation("09:00", "11:00")
        told.clear()
        outage = add_outage(printer, start=wall("10:00"), end=wall("12:00"), title="Nozzle", now=NOW)
        with rebuilding_once(now=NOW):
            outage.delete()
        waiting = Notification.objects.waiting().filter(kind__in=("issue", "issue_over"))
        assert [letter_for(notification, now=NOW) for notification in waiting] == [None]


class TestOperators:
    @pytest.fixture
    def operator(self, printer_type):
        printer_type.operator_needed = True
        printer_type.save()
        operator = Operator.objects.create(user=User.objects.create_user("op@example.org", "x", name="Op"))
        operator.types.add(printer_type)
        return operator

    def letters(self):
        said = Notification.objects.filter(kind="operating").order_by("written_at")
        return [letter and letter.subject for letter in (letter_for(notification, now=NOW) for notification in said)]

    def test_who_operates_hears_of_it_and_when_it_moves_and_when_it_is_cancelled(
        self, operator, make_reservation, engineer, told
    ):
        reservation = make_reservation("09:00", "11:00")
        assert ("operating", "Op") in told()
        assert self.letters() == ["To operate: FDM-01, Mon 1 March 2027 09:00–11:00"]
        later = NOW + timedelta(hours=1)
        move(reservation=reservation, actor=engineer, now=later, start=wall("13:00"), end=wall("15:00"))
        assert self.letters()[1] == "To operate: FDM-01, Mon 1 March 2027 13:00–15:00"
        cancel(reservation=reservation, actor=engineer, now=later + timedelta(hours=1))
        assert self.letters()[2] == "No longer needed: FDM-01, Mon 1 March 2027 13:00–15:00"

    def test_who_is_replaced_hears_where_not_to_be_any_more(self, operator, make_reservation, engineer):
        reservation = make_reservation("09:00", "11:00")
        other = Operator.objects.create(user=User.objects.create_user("op2@example.org", "x", name="Op2"))
        other.types.set(operator.types.all())
        Operator.objects.filter(pk=operator.pk).update(active=False)
        move(reservation=reservation, actor=engineer, now=NOW, start=wall("13:00"), end=wall("15:00"))
        moved = Notification.objects.filter(kind="operating", key__startswith="reservation")
        assert {n.recipient.name: letter_for(n, now=NOW).subject for n in moved} == {
            "Op": "No longer needed: FDM-01, Mon 1 March 2027 09:00–11:00",
            "Op2": "To operate: FDM-01, Mon 1 March 2027 13:00–15:00",
        }


class TestCertificates:
    def morning(self, text: str):
        return wall(f"{text} 08:00")

    def test_a_month_ahead_it_is_told_once(self, powder, told):
        notify_of_expiring_certificates(now=self.morning("2027-05-01"))
        assert told() == []
        for day in ("2027-05-02", "2027-05-03"):
            notify_of_expiring_certificates(now=self.morning(day))
        assert told() == [("certificate_expiring", ENGINEER)]
        assert Notification.objects.get().expires_at == wall("2027-06-01 00:00")

    def test_what_is_renewed_withdrawn_or_over_is_not_told(self, powder, engineer, facility_manager, told):
        notify_of_expiring_certificates(now=self.morning("2027-06-01"))
        renewed = grant(user=engineer, kind=powder.kind, by=facility_manager, now=wall("2027-04-01 09:00"))
        assert renewed.valid_until > powder.valid_until
        notify_of_expiring_certificates(now=self.morning("2027-05-10"))
        withdraw(certificate=powder, by=facility_manager, now=wall("2027-04-02 09:00"), reason="Renewed.")
        notify_of_expiring_certificates(now=self.morning("2027-05-11"))
        # Nor does it say that one was withdrawn: another of the kind holds.
        assert {
            letter_for(notification, now=wall("2027-04-02 09:00")) for notification in Notification.objects.waiting()
        } == {None}

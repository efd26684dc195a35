"""Moving and cancelling."""

from datetime import timedelta

import pytest

from bookings.models import Reservation, ReservationState
from bookings.services import cancel, cancel_booking, move
from core.refusals import Refused
from equipment.models import EquipmentState
from floor.services import check_in
from notifications.models import Notification
from tests.conftest import NOW, wall


def codes(refused) -> list[str]:
    return [refusal.code for refusal in refused.value.refusals]


def test_a_moved_reservation_holds_its_new_time_and_gives_back_the_old(make_reservation, engineer):
    reservation = make_reservation("09:00", "11:00")
    moved = move(reservation=reservation, actor=engineer, now=NOW, start=wall("13:00"), end=wall("15:00"))
    kept = Reservation.objects.get()
    assert (kept.pk, kept.start, kept.occupied.upper) == (reservation.pk, wall("13:00"), wall("15:15"))
    assert kept.revision == moved.revision == 1
    make_reservation("09:00", "11:00")


def test_a_reservation_may_be_moved_over_its_own_old_time(make_reservation, engineer):
    reservation = make_reservation("09:00", "11:00")
    move(reservation=reservation, actor=engineer, now=NOW, start=wall("10:00"), end=wall("12:00"))


def test_a_move_onto_another_is_refused_with_alternatives_and_leaves_all_as_it_was(make_reservation, engineer):
    make_reservation("13:00", "15:00")
    reservation = make_reservation("09:00", "11:00")
    with pytest.raises(Refused) as refused:
        move(reservation=reservation, actor=engineer, now=NOW, start=wall("12:00"), end=wall("14:00"))
    assert codes(refused) == ["clash"]
    assert refused.value.refusals[0].alternatives
    reservation.refresh_from_db()
    assert (reservation.start, reservation.revision) == (wall("09:00"), 0)


def test_a_move_to_another_machine(make_reservation, engineer, second_printer):
    reservation = make_reservation()
    move(reservation=reservation, actor=engineer, now=NOW, equipment=second_printer)
    assert Reservation.objects.get().equipment == second_printer


def test_a_move_to_where_it_is_changes_nothing(make_reservation, engineer):
    reservation = make_reservation()
    move(reservation=reservation, actor=engineer, now=NOW, start=reservation.start)
    assert Reservation.objects.get().revision == 0


def test_a_reservation_under_way_can_be_lengthened_but_not_started_anew(make_reservation, engineer):
    reservation = make_reservation("09:00", "11:00")
    under_way = wall("10:00")
    move(reservation=reservation, actor=engineer, now=under_way, end=wall("12:00"))
    assert Reservation.objects.get().end == wall("12:00")
    with pytest.raises(Refused) as refused:
        move(reservation=reservation, actor=engineer, now=under_way, start=wall("09:30"))
    assert codes(refused) == ["in_the_past"]


def test_what_is_over_or_cancelled_cannot_be_moved(make_reservation, engineer):
    reservation = make_reservation("09:00", "11:00")
    with pytest.raises(Refused) as refused:
        move(reservation=reservation, actor=engineer, now=wall("11:00"), end=wall("15:00"))
    assert codes(refused) == ["is_over"]
    cancel(reservation=reservation, actor=engineer, now=NOW)
    with pytest.raises(Refused) as refused:
        move(reservation=reservation, actor=engineer, now=NOW, end=wall("15:00"))
    assert codes(refused) == ["wrong_state"]


def test_a_dry_run_of_a_move_writes_nothing(make_reservation, engineer):
    reservation = make_reservation()
    moved = move(reservation=reservation, actor=engineer, now=NOW, start=wall("10:00"), dry_run=True)
    assert moved.start == wall("10:00")
    assert Reservation.objects.get().start == wall("09:00")


def test_nothing_is_moved_onto_a_retired_machine(make_reservation, engineer, second_printer):
    second_printer.state = EquipmentState.RETIRED
    second_printer.save()
    with pytest.raises(Refused) as refused:
        move(reservation=make_reservation(), actor=engineer, now=NOW, equipment=second_printer)
    assert "equipment_retired" in codes(refused)


def test_a_cancelled_slot_is_free_for_others(make_reservation, engineer):
    reservation = make_reservation()
    cancel(reservation=reservation, actor=engineer, now=NOW)
    assert Reservation.objects.get().state == ReservationState.CANCELLED
    make_reservation()


@pytest.mark.parametrize(("hours_before", "late"), [(24, False), (23, True), (-1, True)])
def test_cancelling_is_late_after_the_free_term(make_reservation, engineer, hours_before, late):
    reservation = make_reservation("09:00", "11:00")
    cancelled = cancel(reservation=reservation, actor=engineer, now=wall("09:00") - timedelta(hours=hours_before))
    cancelled.refresh_from_db()
    assert cancelled.cancelled_late is late


def test_the_second_cancel_and_a_cancel_afterwards_are_refused(make_reservation, engineer):
    reservation, other = make_reservation(), make_reservation("13:00", "14:00")
    cancel(reservation=reservation, actor=engineer, now=NOW)
    for again, moment, code in ((reservation, NOW, "wrong_state"), (other, wall("14:00"), "is_over")):
        with pytest.raises(Refused) as refused:
            cancel(reservation=again, actor=engineer, now=moment)
        assert codes(refused) == [code]


def test_cancelling_a_booking_leaves_what_is_over(make_booking, engineer):
    booking = make_booking(("09:00", "10:00"), ("13:00", "14:00"), ("15:00", "16:00")).booking
    cancelled = cancel_booking(booking=booking, actor=engineer, now=wall("11:00"))
    assert [r.start for r in cancelled] == [wall("13:00"), wall("15:00")]
    with pytest.raises(Refused):
        cancel_booking(booking=booking, actor=engineer, now=wall("11:00"))


def test_who_may_see_and_who_may_change(
    make_reservation, engineer, org_manager, other_engineer, teacher, facility_manager
):
    reservation = make_reservation()
    seen = {u.name for u in (engineer, org_manager, other_engineer, teacher, facility_manager)
            if Reservation.objects.visible_to(u).filter(pk=reservation.pk).exists()}  # fmt: skip
    changed = {u.name for u in (engineer, org_manager, other_engineer, teacher, facility_manager)
               if Reservation.objects.changeable_by(u).filter(pk=reservation.pk).exists()}  # fmt: skip
    assert seen == changed == {"Engineer", "Orgmanager", "Manager"}


def test_who_left_the_organisation_no_longer_sees_its_bookings(make_reservation, engineer):
    make_reservation()
    engineer.memberships.all().delete()
    assert not Reservation.objects.visible_to(engineer).exists()


class TestInUse:
    """Ten minutes more, while one is at it."""

    @pytest.fixture
    def at_it(self, make_reservation, engineer):
        reservation = make_reservation("09:00", "11:00")
        check_in(reservation=reservation, actor=engineer, now=wall("09:00"))
        return reservation

    def test_the_end_can_be_put_off_and_brought_forward(self, at_it, engineer):
        for end in ("12:00", "10:30"):
            moved = move(reservation=at_it, actor=engineer, now=wall("10:00"), end=wall(end))
            assert (moved.state, moved.end) == (ReservationState.IN_USE, wall(end))

    def test_not_into_the_time_of_the_next(self, at_it, engineer, make_reservation):
        make_reservation("11:30", "13:00")
        with pytest.raises(Refused) as refused:
            move(reservation=at_it, actor=engineer, now=wall("10:00"), end=wall("12:00"))
        assert [refusal.code for refusal in refused.value.refusals] == ["clash"]

    def test_nothing_but_the_end_changes(self, at_it, engineer, second_printer):
        for change in ({"start": wall("10:00")}, {"equipment": second_printer}):
            with pytest.raises(Refused) as refused:
                move(reservation=at_it, actor=engineer, now=wall("09:30"), **change)
            assert "Only the end can change" in refused.value.refusals[0].message

    def test_where_a_manager_approves_one_asks_at_the_desk(self, at_it, engineer, facility_manager, printer_type):
        printer_type.approval = "manager"
        printer_type.save()
        with pytest.raises(Refused) as refused:
            move(reservation=at_it, actor=engineer, now=wall("10:00"), end=wall("12:00"))
        assert "Ask a technician" in refused.value.refusals[0].message
        moved = move(reservation=at_it, actor=facility_manager, now=wall("10:00"), end=wall("12:00"))
        assert moved.state == ReservationState.IN_USE

    def test_the_word_before_the_end_comes_before_the_new_one(self, at_it, engineer):
        move(reservation=at_it, actor=engineer, now=wall("10:00"), end=wall("12:00"))
        ending = Notification.objects.waiting().filter(kind="ending")
        assert list(ending.values_list("due_at", flat=True)) == [wall("11:45")]

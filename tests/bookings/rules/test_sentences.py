"""Every refusal of the rule book says what cannot be, the figure and the way out, in both languages."""

from datetime import date, time
from decimal import Decimal

import pytest
from django.utils.translation import override

from bookings.models import Purpose, Quota
from bookings.rules.book import BOOKING_RULES, RESERVATION_RULES, evaluate, evaluate_booking
from bookings.rules.candidates import QuotaUse, Requirement
from equipment.models import Equipment, EquipmentState
from equipment.policy import Policy
from organisations.models import Organisation
from tests.bookings.rules.test_book import (
    COMPANY,
    DAY,
    HOUR,
    INSTRUCTION,
    LAB,
    MINUTE,
    NOW,
    PRINTERS,
    RUN,
    at,
    candidate,
    context,
    hours,
)

SUSPENDED = Organisation(suspended_at=NOW)
SCHOOLS_ONLY = Purpose(name="Trial production", organisation_classes=["mbo"])
OLD = Equipment(pk=9, code="OLD-01", type=PRINTERS, fieldlab=LAB, state=EquipmentState.RETIRED)
ATTENDED = Policy(set_up=15 * MINUTE, clean_up=30 * MINUTE)
IN_FEBRUARY = [(date(2027, 1, 1), date(2027, 3, 1))]
TO_MONDAY = [(date(2027, 1, 1), date(2027, 3, 2))]
FORTY = QuotaUse(
    Quota(organisation=COMPANY, span="month", hours=Decimal(40)), hours("2027-03-10 00:00/2027-03-11 14:30")
)
ALWAYS = "2027-03-01 00:00/2027-03-09 00:00"

# What is asked, with what is known, and what is answered in English and in Dutch.
BOOKINGS = {
    "not_member": [({"role": None},
        "You are not a member of this organisation. Ask the facility manager to add you.",
        "Je bent geen lid van deze organisatie. Vraag de labbeheerder om je toe te voegen.")],
    "organisation_suspended": [({"organisation": SUSPENDED},
        "Your organisation cannot book at the moment. Contact the facility manager.",
        "Je organisatie kan nu niet reserveren. Neem contact op met de labbeheerder.")],
    "needs_purpose": [
        ({"purpose": None},
         "The booking has no purpose yet. Choose a purpose.",
         "De boeking heeft nog geen gebruiksdoel. Kies een gebruiksdoel."),
        ({"purpose": SCHOOLS_ONLY},
         "Your organisation cannot use “Trial production”. Choose another purpose.",
         "Je organisatie kan “Trial production” niet kiezen. Kies een ander gebruiksdoel."),
    ],
}  # fmt: skip
RESERVATIONS = {
    "equipment_retired": [(candidate(equipment=OLD), {},
        "OLD-01 has been retired. Choose another machine.",
        "OLD-01 is afgevoerd. Kies een ander apparaat.")],
    "zero_length": [(candidate("10:00", "10:00"), {},
        "The end must be after the start. Choose a later end.",
        "Het einde moet na het begin komen. Kies een latere eindtijd.")],
    "in_the_past": [(at(NOW - HOUR), {},
        "That time has passed. Choose a later start.",
        "Die tijd is voorbij. Kies een latere begintijd.")],
    "off_grid": [
        (candidate("09:05", "11:00", Policy(grid_minutes=15)), {},
         "These times do not fit the steps of the machine. It goes by steps of 15 minutes. "
         "Choose times such as 09:00 or 09:15.",
         "Deze tijden passen niet in de stappen van het apparaat. De stappen zijn 15 minuten. "
         "Kies tijden zoals 09:00 of 09:15."),
        (candidate("09:30", "11:00", Policy(grid_minutes=60)), {},
         "These times do not fit the steps of the machine. It goes by steps of 1 hour. "
         "Choose times such as 09:00 or 10:00.",
         "Deze tijden passen niet in de stappen van het apparaat. De stappen zijn 1 uur. "
         "Kies tijden zoals 09:00 of 10:00."),
    ],
    "too_short": [(candidate("09:00", "09:15", Policy(shortest=30 * MINUTE)), {},
        "This is too short for the machine. Book this machine for at least 30 minutes.",
        "Dit is te kort voor het apparaat. Reserveer dit apparaat minstens 30 minuten achter elkaar.")],
    "too_long": [(candidate("2027-03-01 00:00", "2027-03-05 00:00", Policy(longest=3 * DAY), open=ALWAYS), {},
        "This is too long for the machine. Book this machine for at most 3 days in one go.",
        "Dit is te lang voor het apparaat. Reserveer dit apparaat hoogstens 3 dagen achter elkaar.")],
    "notice_too_short": [(candidate(policy=Policy(notice_period=7 * DAY)), {},
        "This is too soon. Book this machine at least 7 days in advance. You can book from Wed 3 March 2027 10:00.",
        "Dit is te kort van tevoren. Reserveer dit apparaat minstens 7 dagen van tevoren. "
        "Reserveren kan vanaf wo 3 maart 2027 10:00.")],
    "beyond_horizon": [(at(NOW + 400 * DAY, Policy(horizon=365 * DAY)), {},
        "This is too far ahead. You can book at most 365 days in advance. Choose a day before 24 February 2028.",
        "Dit ligt te ver in de toekomst. Je kunt hoogstens 365 dagen van tevoren reserveren. "
        "Kies een dag voor 24 februari 2028.")],
    "outside_opening_hours": [
        (candidate("17:00", "19:00"), {},
         "This is outside opening hours. Choose another time.",
         "Dit valt buiten de openingstijden. Kies een andere tijd."),
        (candidate("17:00", "18:00", ATTENDED), {},
         "This is outside opening hours. "
         "Allow for 15 minutes of preparation before and 30 minutes of clean-up after. Choose another time.",
         "Dit valt buiten de openingstijden. "
         "Reken 15 minuten voorbereiding ervoor en 30 minuten schoonmaak erna mee. Kies een andere tijd."),
        (candidate("16:00", "17:00", Policy(last_start=time(15))), {},
         "That start is too late in the day. Start at 15:00 at the latest.",
         "Deze begintijd is te laat op de dag. Begin uiterlijk om 15:00."),
        (candidate("10:00", "17:05", RUN), {},
         "A run can only start and end when people can be there. "
         "Preparation takes 30 minutes and clean-up 1 hour, both with somebody present. Choose another start.",
         "Een run kan alleen beginnen en eindigen als er mensen kunnen zijn. "
         "De voorbereiding duurt 30 minuten en de schoonmaak 1 uur, allebei met iemand erbij. "
         "Kies een andere begintijd."),
    ],
    "during_outage": [(candidate(out="10:00-17:00", open="08:00-10:00"), {},
        "The machine is out of service then. Out of service until Mon 1 March 2027 17:00. "
        "Choose another time or machine.",
        "Het apparaat is dan buiten bedrijf. Buiten bedrijf tot ma 1 maart 2027 17:00. "
        "Kies een andere tijd of een ander apparaat.")],
    "clash": [(candidate(taken="10:00-10:30"), {},
        "The machine is taken Mon 1 March 2027 10:00–10:30. Preparation and clean-up are included. "
        "Choose another time.",
        "Het apparaat is bezet ma 1 maart 2027 10:00–10:30. Voorbereiding en schoonmaak zijn meegeteld. "
        "Kies een andere tijd.")],
    "not_certified": [
        (candidate(), {"requirements": {PRINTERS.pk: [Requirement(INSTRUCTION, [])]}},
         "You need the certificate “FDM instruction”. Ask a technician for the instruction.",
         "Voor dit apparaat is de bevoegdheid “FDM instruction” nodig. Vraag een technicus om de instructie."),
        (candidate(), {"requirements": {PRINTERS.pk: [Requirement(INSTRUCTION, IN_FEBRUARY)]}},
         "Your certificate is no longer valid then. “FDM instruction” is valid through 28 February 2027. "
         "Ask a technician to renew it.",
         "Je bevoegdheid is dan niet meer geldig. “FDM instruction” is geldig t/m 28 februari 2027. "
         "Vraag een technicus om te verlengen."),
        (candidate("09:00", "2027-03-02 09:00", open=ALWAYS),
         {"requirements": {PRINTERS.pk: [Requirement(INSTRUCTION, TO_MONDAY)]}},
         "This ends after your certificate does. “FDM instruction” is valid through 1 March 2027. "
         "Ask a technician to renew it.",
         "Dit eindigt later dan je bevoegdheid. “FDM instruction” is geldig t/m 1 maart 2027. "
         "Vraag een technicus om te verlengen."),
    ],
    "no_operator": [(candidate(policy=Policy(operator_needed=True)), {},
        "No operator is free at that time. Choose another time.",
        "Op die tijd is er geen operator vrij. Kies een andere tijd.")],
    "too_many_open": [(candidate(policy=Policy(open_reservation_limit=4)), {"open_reservations": {PRINTERS.pk: 4}},
        "Your organisation has the most upcoming reservations of this type. At most 4 are allowed at a time. "
        "Cancel one first, or wait until one is over.",
        "Je organisatie heeft het hoogste aantal komende reserveringen van dit type. "
        "Hoogstens 4 tegelijk zijn toegestaan. "
        "Annuleer er eerst een, of wacht tot er een voorbij is.")],
    "over_quota": [(candidate(), {"quotas": [FORTY]},
        "Your organisation has 1.5 of its 40 hours left in March 2027 (all machines). "
        "This reservation counts as 2 hours. Choose a shorter time.",
        "Je organisatie heeft in maart 2027 nog 1,5 van de 40 uur over (alle apparaten). "
        "Deze reservering telt voor 2 uur. Kies een kortere tijd.")],
}  # fmt: skip


def each(book):
    return [pytest.param(code, *example, id=f"{code}-{n}") for code in book for n, example in enumerate(book[code])]


def test_every_code_of_the_rule_book_has_an_example():
    assert set(BOOKINGS) == {rule.code for rule in BOOKING_RULES}
    assert set(RESERVATIONS) == {rule.code for rule in RESERVATION_RULES}


@pytest.mark.parametrize(("code", "known", "english", "dutch"), each(BOOKINGS))
def test_a_refused_booking_is_told_in_whole_sentences(code, known, english, dutch):
    for language, sentences in (("en", english), ("nl", dutch)):
        with override(language):
            assert {r.code: r.message for r in evaluate_booking(context(**known))} == {code: sentences}


@pytest.mark.parametrize(("code", "asked", "known", "english", "dutch"), each(RESERVATIONS))
def test_a_refused_reservation_is_told_in_whole_sentences(code, asked, known, english, dutch):
    for language, sentences in (("en", english), ("nl", dutch)):
        with override(language):
            assert {r.code: r.message for r in evaluate(asked, context(**known))}[code] == sentences

"""What browsers keep: nothing of a page, on the computer that the next person sits down at."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db

PAGES = ["home", "floor", "bookings", "shares", "notifications", "account", "house_rules", "notification_preferences"]


@pytest.mark.parametrize("page", PAGES)
def test_no_browser_keeps_a_page_of_somebody_signed_in(client, engineer, make_reservation, page):
    make_reservation()
    client.force_login(engineer)
    answer = client.get(reverse(page))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


def test_nor_a_page_that_is_not_there_a_booking_or_the_api(client, engineer, make_reservation, settings):
    reference = make_reservation().booking.reference
    client.force_login(engineer)
    settings.DEMO = settings.DEBUG = True
    for address in (f"/bookings/{reference}/", "/none/", "/admin/", "/api/v1/me", "/api/v1/none", "/usage/"):
        assert "no-store" in client.get(address)["Cache-Control"], address


def test_nor_the_pages_of_a_password_reset_whose_address_is_a_key(client):
    for address in ("/account/login/", "/account/password/reset/", "/account/password/reset/key/1-a-b/"):
        assert "no-store" in client.get(address)["Cache-Control"], address


def test_what_a_view_lets_browsers_keep_it_keeps_for_one_reader_and_asks_again(client, engineer, printer):
    client.force_login(engineer)
    for answer in (
        client.get("/floor.json", {"from": "2027-03-01", "until": "2027-03-08"}),
        client.get("/floor/", headers={"HX-Request": "true"}),
    ):
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "private, no-cache"


def test_signing_out_makes_the_browser_forget_those_too(client, engineer):
    client.force_login(engineer)
    assert "Clear-Site-Data" not in client.get("/account/logout/")
    assert client.post("/account/logout/")["Clear-Site-Data"] == '"cache"'

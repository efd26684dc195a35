"""What no page can read is refused once, for all of them."""

import pytest

pytestmark = pytest.mark.django_db

REFUSED = "Dit verzoek is niet te lezen"


@pytest.fixture
def page(client, engineer, printer):
    client.force_login(engineer)
    return client


@pytest.mark.parametrize(
    "address",
    [
        "/book/?equipment=%00",
        "/machines/%00/",
        "/machines/FDM-01%00/",
        "/bookings/?q=%00",
        "/bookings/?%00=q",
        "/organisations/%00/",
        "/account/login/?next=%00",
        "/admin/autocomplete/?term=%00",
        "/static/%00",
        "/nothing%00",
    ],
)
def test_the_sign_nul_in_an_address_is_told_in_the_look_of_the_site(page, address):
    answer = page.get(address)
    assert answer.status_code == 400
    assert REFUSED in answer.content.decode()


@pytest.mark.parametrize("multipart", [True, False])
def test_the_sign_nul_in_a_form_is_told(page, multipart):
    sent = {"name": "a\0b"}
    answer = (
        page.post("/me/tokens/", sent)
        if multipart
        else page.post("/me/tokens/", "name=a%00b", content_type="application/x-www-form-urlencoded")
    )
    assert answer.status_code == 400
    assert REFUSED in answer.content.decode()


def test_the_sign_nul_in_a_cookie_or_a_header_is_told(page):
    """A cookie may write it as \\000, and the session is looked up in the database by it."""
    assert (
        page.get("/floor/", headers={"cookie": 'sessionid="\\000\\000\\000\\000\\000\\000\\000\\000"'}).status_code
        == 400
    )
    assert page.get("/floor/", headers={"X-Request-ID": "a\0b"}).status_code == 400


@pytest.mark.parametrize("charset", ["utf-16", "unicode_escape", "latin-1"])
def test_a_charset_that_is_not_ours_is_told(page, charset):
    answer = page.get("/floor/?q=%d8%00", headers={"content-type": f"text/html; charset={charset}"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "address", ["/bookings/?q=%ff%fe", "/bookings/?q=%ed%a0%80", "/machines/%ff/", "/floor/?q=%F0%9F%98%80"]
)
def test_what_is_no_utf_8_is_read_as_well_as_can_be(page, address):
    assert page.get(address).status_code in (200, 404)


@pytest.mark.parametrize("there", ["abc", "", "//elsewhere.org/", "https://elsewhere.org/", "floor", "javascript:x"])
def test_after_choosing_a_language_one_is_led_to_a_page_of_ours(page, there):
    assert page.post("/language/", {"language": "en", "next": there})["Location"] == "/"


def test_a_form_that_holds_no_nul_is_read(page):
    assert page.post("/language/", {"language": "en", "next": "/floor/"})["Location"] == "/floor/"

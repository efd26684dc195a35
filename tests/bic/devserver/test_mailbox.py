"""Mail that the demonstration keeps, shown on a page."""

import re

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection

from bic.devserver.mailbox import KEPT_IN_FILES


@pytest.fixture
def kept(client, settings, tmp_path, engineer):
    """Two mails that one talk with the server kept, one of them with HTML and an invitation."""
    settings.DEMO, settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = True, KEPT_IN_FILES, str(tmp_path)
    first = EmailMultiAlternatives("Moved: FDM-01", "It was moved é.", "bic@example.org", ["eva@example.org"])
    first.attach_alternative("<p>It was moved.</p>", "text/html")
    first.attach("invite.ics", b"BEGIN:VCALENDAR", "application/ics")
    second = EmailMultiAlternatives("Booked: FDM-02", "It is yours.", "bic@example.org", ["tom@example.org"])
    get_connection().send_messages([first, second])
    client.force_login(engineer)
    return client


def address_of(page: str, subject: str) -> str:
    return page.split(f'">{subject}<')[0].rsplit('href="', 1)[1]


def test_the_newest_comes_first_and_opens(kept):
    page = kept.get("/mail/").content.decode()
    assert page.index("Booked: FDM-02") < page.index("Moved: FDM-01")
    address = address_of(page, "Moved: FDM-01")
    one = kept.get(address).content.decode()
    assert "It was moved é." in one
    assert "eva@example.org" in one
    assert kept.get(f"{address}0/").content == b"BEGIN:VCALENDAR"
    assert kept.get(f"{address}1/").status_code == 404


def test_the_html_of_a_mail_runs_nothing(kept):
    address = address_of(kept.get("/mail/").content.decode(), "Moved: FDM-01")
    answer = kept.get(f"{address}page/")
    assert answer.content == b"<p>It was moved.</p>"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["none.0", "..%2F..%2Fetc%2Fpasswd.0", "x"])
def test_no_other_file_is_shown(kept, name):
    assert kept.get(f"/mail/{name}/").status_code == 404


def test_where_nothing_is_kept_there_is_no_page(kept, settings):
    settings.DEMO = False
    assert kept.get("/mail/").status_code == 404
    assert 'href="/mail/"' not in kept.get("/floor/").content.decode()


def test_the_hour_is_that_of_amsterdam(kept, tmp_path):
    [file] = tmp_path.glob("*.log")
    file.write_bytes(re.sub(rb"Date: .*", b"Date: Mon, 01 Mar 2027 09:25:00 -0000", file.read_bytes()))
    assert "10:25" in kept.get("/mail/").content.decode()

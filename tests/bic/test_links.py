"""Every link of every page leads somewhere, for each role: pages are followed from the first one on."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urldefrag, urljoin, urlsplit

import pytest
from django.contrib.auth.models import Group
from django.contrib.staticfiles import finders
from django.urls import Resolver404, resolve
from django.utils import timezone

from organisations.models import AUDITORS, TECHNICIANS, Membership, Role, User
from tests.conftest import NOW
from tests.docs.reading import PAGES

# Of one kind, the same view asked the same things, this many are opened: the list of all days has no end. The set-up
# pages are Django's work, and each is looked at once.
OF_A_KIND, OF_SET_UP = 2, 1


class Links(HTMLParser):
    """What a page leads to and loads, and the names of its places."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.files: list[str] = []
        self.places = {"", "top"}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        values = {name: value or "" for name, value in attrs}
        self.places.add(values.get("id", ""))
        if tag in ("a", "area") and "href" in values:
            self.links.append(values["href"])
        elif tag == "form" and values.get("method", "get").lower() == "get" and values.get("action"):
            self.links.append(values["action"])
        else:
            loaded = values.get("src") or values.get("href") or ""
            self.files += [urldefrag(loaded).url] * loaded.startswith("/static/")
        self.links += [values[name] for name in ("hx-get", "data-unread") if values.get(name)]


class Walk:
    """Through the site as one person; `wrong` tells of every link that leads nowhere, and where it stands."""

    def __init__(self, client) -> None:
        self.client = client
        self.opened: Counter = Counter()
        self.seen: dict[str, Links | None] = {}
        self.wrong: list[str] = []
        self.ahead: list[tuple[str, str]] = []

    def through(self, start: str) -> "Walk":
        self.ahead.append((start, "the start"))
        while self.ahead:
            self._look_at(*self.ahead.pop())
        return self

    def _look_at(self, link: str, place: str) -> None:
        address, fragment = urldefrag(urljoin(place if place.startswith("/") else "/", link))
        parts = urlsplit(address)
        if parts.scheme not in ("", "http") or parts.netloc not in ("", "testserver"):
            return
        if not parts.path.startswith(("/static/", "/media/")):
            self._open(parts.path + (f"?{parts.query}" if parts.query else ""), place)
            page = self.seen.get(address.removeprefix("http://testserver"))
            if fragment and page and unquote(fragment) not in page.places:
                self.wrong.append(f"{place}: no #{fragment} in {address}")

    @staticmethod
    def _kind(address: str) -> tuple[tuple, int]:
        path, _mark, query = address.partition("?")
        if path.startswith("/admin/"):
            return (re.sub(r"/\d+/", "/1/", path),), OF_SET_UP
        try:
            view = resolve(path).view_name
        except Resolver404:
            view = path
        return (view, *sorted(name for name, _value in parse_qsl(query, keep_blank_values=True))), OF_A_KIND

    def _open(self, address: str, place: str) -> None:
        kind, most = self._kind(address)
        if address in self.seen or self.opened[kind] >= most or "logout" in address:
            return
        self.opened[kind] += 1
        self.seen[address] = None
        answer = self.client.get(address, follow=True)
        if answer.status_code >= 400:
            self.wrong.append(f"{place}: {address} answers {answer.status_code}")
        elif answer["Content-Type"].startswith("text/html"):
            page = self.seen[address] = Links(answer.content.decode())
            there = answer.redirect_chain[-1][0] if answer.redirect_chain else address
            self.ahead += [(link, there) for link in page.links]
            missing = [file for file in page.files if not finders.find(file.removeprefix("/static/"))]
            self.wrong += [f"{address}: {file}" for file in missing]


@pytest.fixture
def people(engineer, org_manager, teacher, facility_manager, verhagen, make_reservation, printer_type, second_printer):
    """Each role, with something to see."""
    Membership.objects.create(user=facility_manager, organisation=verhagen, role=Role.MANAGER)
    make_reservation(title="Housing")
    make_reservation("13:00", "15:00", booker=facility_manager)
    printer_type.approval = "manager"
    printer_type.save()
    make_reservation(equipment=second_printer, title="Asked for")
    facility_manager.is_staff = True
    facility_manager.save()
    found = {"engineer": engineer, "org_manager": org_manager, "teacher": teacher, "facility_manager": facility_manager}
    for name, group in (("technician", TECHNICIANS), ("auditor", AUDITORS)):
        person = User.objects.create_user(f"{name}@example.org", "x", name=name, language="en")
        person.is_staff = name == "technician"
        person.save()
        person.groups.add(Group.objects.get(name=group))
        found[name] = person
    return found


# About how many pages each comes by: a walk that ends at the door shows nothing.
@pytest.mark.parametrize(
    ("role", "pages"),
    [
        ("anonymous", 4),
        ("engineer", 30),
        ("org_manager", 30),
        ("teacher", 25),
        ("technician", 40),
        ("auditor", 25),
        ("facility_manager", 90),
    ],
)
def test_every_link_leads_somewhere(client, people, role, pages, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    if role != "anonymous":
        client.force_login(people[role])
    walk = Walk(client).through("/")
    assert walk.wrong == []
    assert len(walk.seen) >= pages


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_the_docs_lead_to_files(page: Path):
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    named = [link for link in links if "://" not in link]
    assert [link for link in named if not (page.parent / link.partition("#")[0]).exists()] == []

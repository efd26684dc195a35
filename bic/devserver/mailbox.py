"""Mail that was kept instead of sent, for the demonstration: who has no mail server sees what would go out.

Django's file backend writes the messages of one talk with it into one file, each followed by a line of dashes. A mail
with a link that proves who reads it is shown to the person it is for alone.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.views.decorators.http import require_safe

from notifications.models import Notification
from organisations.models import User

KEPT_IN_FILES = "django.core.mail.backends.filebased.EmailBackend"
BETWEEN = b"\n" + b"-" * 79 + b"\n"
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Kept:
    """A message, under a name that an address can hold: its file and its number in it."""

    name: str
    message: EmailMessage

    @property
    def date(self) -> datetime | None:
        """Aware; a header that tells UTC without the place it comes from (-0000) is read as a time of no zone."""
        said = self.message["Date"]
        date = parsedate_to_datetime(said) if said else None
        return date.replace(tzinfo=UTC) if date and date.tzinfo is None else date

    def part(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        return body.get_content() if body else ""

    @property
    def notification_id(self) -> UUID | None:
        """Of the notification that it tells of, where it is private."""
        if self.message["Sensitivity"] != "Private":
            return None
        return UUID(hex=str(self.message["Message-ID"])[1:33])

    @property
    def text(self) -> str:
        return self.part("plain")

    @property
    def attachments(self) -> list[tuple[int, str]]:
        """Number and file name of each."""
        return [(n, str(a.get_filename() or n)) for n, a in enumerate(self.message.iter_attachments())]


def shown_to(person: User, mails: list[Kept]) -> list[Kept]:
    """What this person may read of it. One statement, none where nothing is private."""
    private = {mail.notification_id for mail in mails if mail.notification_id}
    theirs = set()
    if private:
        theirs = set(Notification.objects.filter(pk__in=private, recipient=person).values_list("pk", flat=True))
    return [mail for mail in mails if mail.notification_id is None or mail.notification_id in theirs]


def keeps_mail() -> bool:
    """In the demonstration, and only where nothing is sent."""
    return settings.DEMO and settings.EMAIL_BACKEND == KEPT_IN_FILES


def kept_mail(folder: Path) -> list[Kept]:
    """The latest messages, the newest first."""
    found: list[Kept] = []
    for file in sorted(folder.glob("*.log"), key=lambda file: (file.stat().st_mtime, file.name), reverse=True):
        found += reversed(list(_messages(file)))
        if len(found) >= SHOWN:
            break
    return found[:SHOWN]


def _messages(file: Path):
    for number, content in enumerate(file.read_bytes().split(BETWEEN)):
        if content.strip():
            yield Kept(f"{file.stem}.{number}", message_from_bytes(content, policy=policy.default))


def _of(request, name: str) -> Kept:
    """404 where it is not, is somebody else's alone, or nothing is kept here."""
    if not keeps_mail():
        raise Http404
    if not re.fullmatch(r"[\w-]+\.\d+", name):  # of another folder
        raise Http404
    file = Path(settings.EMAIL_FILE_PATH) / f"{name.partition('.')[0]}.log"
    kept = {each.name: each for each in shown_to(request.user, list(_messages(file)))} if file.is_file() else {}
    if name not in kept:
        raise Http404
    return kept[name]


@login_required
@require_safe
def mailbox(request):
    if not keeps_mail():
        raise Http404
    mails = shown_to(request.user, kept_mail(Path(settings.EMAIL_FILE_PATH)))
    return render(request, "mailbox/mailbox.html", {"mails": mails, "most": SHOWN, "now": timezone.now()})


@login_required
@require_safe
def mail(request, name: str):
    return render(request, "mailbox/mail.html", {"mail": _of(request, name)})


@login_required
@require_safe
def mail_as_page(request, name: str):
    """The HTML as a mail program would show it: nothing in it runs, and nothing is fetched."""
    answer = HttpResponse(_of(request, name).part("html"))
    answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
    return answer


@login_required
@require_safe
def mail_attachment(request, name: str, number: int):
    attachments = list(_of(request, name).message.iter_attachments())
    if number >= len(attachments):
        raise Http404
    part = attachments[number]
    content = part.get_payload(decode=True)
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{get_valid_filename(part.get_filename() or "attachment")}"'
    return answer

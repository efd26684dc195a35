"""A letter as a mail: plain text and the same as simple HTML, in the reader's language, and what belongs in the
reader's calendar.

**In calendars.** Of one reservation the mail is an invitation: a `text/calendar` part beside text and HTML, which
Outlook and Gmail carry out by themselves, and the same as `invite.ics` for programs that look at files alone. An
invitation is about one entry (RFC 5546: all parts of a REQUEST share one UID; Outlook reads only the first of several),
so of a few reservations each has a file of its own, to be opened. Of more, as of a class, nothing is attached: nobody
opens forty files, and the booking's page has all of them in one.
"""

from datetime import datetime

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from notifications.letter import Letter
from notifications.models import Notification

# Machines wrote it: no out-of-office answers, please (RFC 3834, and what Exchange reads).
BY_MACHINE = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}

# For the reader alone (RFC 4021): the mailbox of the demonstration shows it to nobody else.
PRIVATE = {"Sensitivity": "Private"}


def message_for(
    notification: Notification, letter: Letter, *, now: datetime, only_words: bool = False
) -> EmailMultiAlternatives:
    """Unsent. Rendered in the language that is active, which should be the reader's. `only_words`: without what the
    reader could do by it and without calendar entries, as for what was told before and has changed since."""
    kind = notification.type
    context = {
        "letter": letter,
        "language": notification.recipient.language,
        "email_action": None if only_words else kind.email_action(notification, letter),
    }
    message = EmailMultiAlternatives(
        subject=" ".join(letter.subject.split()),  # a title may hold line ends, a header may not
        body=render_to_string("mail/letter.txt", context),
        to=[notification.address],
        headers={"Message-ID": notification.message_id, **BY_MACHINE, **(PRIVATE if notification.has_link else {})},
    )
    message.attach_alternative(render_to_string("mail/letter.html", context), "text/html")
    for part in () if only_words else kind.calendar_parts(notification, letter, now=now):
        if part.acts:
            message.attach_alternative(part.content.decode(), f"text/calendar; method={part.method}")
        message.attach(part.name, part.content, "application/ics")
    return message

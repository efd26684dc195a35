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
from django.utils.translation import gettext_lazy as _

from bookings.ical.entries import invitation
from bookings.models import Notification, NotificationKind, Reservation
from bookings.notifications.letter import Letter
from bookings.notifications.links import EMAIL_ACTION_OF, EmailAction, action_address
from core.clock import ZONE

EMAIL_ACTIONS_IN_WORDS = {
    EmailAction.CANCEL: _("Cancel without signing in"),
    EmailAction.APPROVE: _("Approve without signing in"),
    EmailAction.CHECK_OUT: _("I’m done, release the machine"),
}
# Machines wrote it: no out-of-office answers, please (RFC 3834, and what Exchange reads).
BY_MACHINE = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}

# For the reader alone (RFC 4021): the mailbox of the demonstration shows it to nobody else.
PRIVATE = {"Sensitivity": "Private"}


def message_for(notification: Notification, letter: Letter, *, now: datetime) -> EmailMultiAlternatives:
    """Unsent. Rendered in the language that is active, which should be the reader's."""
    act = email_action_of(notification, letter)
    context = {
        "letter": letter,
        "language": notification.recipient.language,
        "act": EMAIL_ACTIONS_IN_WORDS[act] if act else "",
        "act_address": action_address(notification, act) if act else "",
    }
    message = EmailMultiAlternatives(
        subject=" ".join(letter.subject.split()),  # a title may hold line ends, a header may not
        body=render_to_string("mail/letter.txt", context),
        to=[notification.address],
        headers={"Message-ID": notification.message_id, **BY_MACHINE, **(PRIVATE if notification.has_link else {})},
    )
    message.attach_alternative(render_to_string("mail/letter.html", context), "text/html")
    _attach_entries(message, notification, letter, now)
    return message


def email_action_of(notification: Notification, letter: Letter) -> EmailAction | None:
    """What the reader may do by the mail itself. Who supervises a booking sees it, and changes nothing of it: nor by
    mail. One statement at most."""
    act = EMAIL_ACTION_OF.get(NotificationKind(notification.kind)) if letter.offers_email_action else None
    if act == EmailAction.APPROVE or act is None:
        return act
    theirs = Reservation.objects.changeable_by(notification.recipient).filter(booking=notification.booking_id)
    return act if theirs.exists() else None


def _attach_entries(message: EmailMultiAlternatives, notification: Notification, letter: Letter, now: datetime) -> None:
    for reservation in letter.entries:
        method, content = invitation(reservation, reader=notification.recipient, now=now)
        name = "invite.ics"
        if len(letter.entries) == 1:
            message.attach_alternative(content.decode(), f"text/calendar; method={method}")
        else:
            name = f"invite-{reservation.equipment.code}-{reservation.start.astimezone(ZONE):%Y%m%d-%H%M}.ics"
        message.attach(name, content, "application/ics")

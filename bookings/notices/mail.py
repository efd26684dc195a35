"""A letter as a mail: plain text and the same as simple HTML, in the reader's language."""

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from bookings.models import Notice
from bookings.notices.letters import Letter

# Machines wrote it: no out-of-office answers, please (RFC 3834, and what Exchange reads).
BY_MACHINE = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def message_for(notice: Notice, letter: Letter) -> EmailMultiAlternatives:
    """Unsent. Rendered in the language that is active, which should be the reader's."""
    context = {"letter": letter, "language": notice.recipient.language}
    message = EmailMultiAlternatives(
        subject=" ".join(letter.subject.split()),  # a title may hold line ends, a header may not
        body=render_to_string("mail/letter.txt", context),
        to=[notice.recipient.email],
        headers={"Message-ID": notice.message_id, **BY_MACHINE},
    )
    message.attach_alternative(render_to_string("mail/letter.html", context), "text/html")
    return message

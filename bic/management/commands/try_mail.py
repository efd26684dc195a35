"""`manage.py try_mail [ADDRESS]`: whether the mail server of EMAIL_URL can be used, and, with an address, a mail."""

from django.conf import settings
from django.core.mail import send_mail
from django.core.management.base import BaseCommand, CommandError

from bic.monitoring.mail_server import try_mail_server


class Command(BaseCommand):
    help = "Try the mail server of EMAIL_URL. With an address, send a mail there."

    def add_arguments(self, parser):
        parser.add_argument("address", nargs="?", help="where to send a mail")

    def handle(self, *, address: str | None, **options):
        works, said = try_mail_server()
        if not works:
            raise CommandError(said)
        self.stdout.write(said)
        if address:
            send_mail("BIC Atrium", f"Mail from {settings.SITE_URL} arrives.", None, [address])
            self.stdout.write(f"A mail is on its way to {address}.")

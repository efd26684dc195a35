"""What a page says once of what was done."""

from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.fallback import FallbackStorage


class SaidOnce(FallbackStorage):
    """A message that waits to be shown is not added again: a form that was sent twice did its work once."""

    def add(self, level, message, extra_tags=""):
        if not message or Message(int(level), message, extra_tags=extra_tags) not in self:
            super().add(level, message, extra_tags)

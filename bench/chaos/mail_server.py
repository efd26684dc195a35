"""A real mail server that counts what it takes, and refuses every third message for the moment."""

from collections import Counter, defaultdict
from email import message_from_bytes
from itertools import count
from threading import Lock

# Of one recipient, so that a run ends: what is refused for ever is given up in earnest, too.
MOST_REFUSALS = 3


class CountingServer:
    """The handler that aiosmtpd calls."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.message_ids: dict[str, set[str]] = defaultdict(set)
        self.refused: Counter[str] = Counter()
        self._number, self._lock = count(1), Lock()

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        with self._lock:
            if next(self._number) % 3 == 0 and self.refused[address] < MOST_REFUSALS:
                self.refused[address] += 1
                return "450 4.2.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        message = message_from_bytes(envelope.content)
        with self._lock:
            for address in envelope.rcpt_tos:
                self.taken[address] += 1
                self.message_ids[address].add(message["Message-ID"])
        return "250 OK"

"""People who book over HTTP while everything breaks, and what they saw of it."""

import json
import time
from collections import Counter
from datetime import datetime, timedelta
from http.client import HTTPException
from threading import Event, Thread
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from bench.chaos.load import MACHINES

AT_ONCE = 4  # two for each machine, who want the same hours
PAUSE = 0.2  # seconds
ANSWERED_WITHIN = 120  # seconds, however often it must be sent again


class People:
    """Each asks for one hour after the other. Where no answer comes, or that the site is busy, the same is sent again
    with the same key, as the API's page says, until it is answered.

    `saw` counts the answers by their status, "none" among them; `booked` has the reference by title, of each that was
    answered with one; `unanswered` are titles of which nothing was heard in time.
    """

    def __init__(self, port: int, token: str, begin: datetime) -> None:
        self.saw: Counter[str] = Counter()
        self.booked: dict[str, str] = {}
        self.unanswered: list[str] = []
        self._address, self._token, self._begin = f"http://127.0.0.1:{port}/api/v1/bookings", token, begin
        self._stop = Event()
        self._threads = [Thread(target=self._book, args=(number,), daemon=True) for number in range(AT_ONCE)]

    def __enter__(self) -> "People":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc) -> None:
        """What was begun is brought to its end, so that nothing is left in doubt."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _book(self, number: int) -> None:
        hour = 0
        while not self._stop.wait(PAUSE):
            self._ask(f"person {number}, hour {hour}", MACHINES[number // 2], self._begin + timedelta(hours=hour))
            hour += 1

    def _ask(self, title: str, machine: str, start: datetime) -> None:
        slot = {"equipment": machine, "start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
        asked = {"organisation": "chaos", "purpose": "trial-production", "title": title, "reservations": [slot]}
        deadline = time.monotonic() + ANSWERED_WITHIN
        while time.monotonic() < deadline:
            status, answer = self._send(asked, key=title)
            self.saw[status] += 1
            if status == "201":
                self.booked[title] = answer["reference"]
            if status not in ("none", "503"):
                return
            time.sleep(PAUSE)
        self.unanswered.append(title)

    def _send(self, asked: dict, *, key: str) -> tuple[str, dict]:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        request = Request(self._address, json.dumps(asked).encode(), headers, method="POST")
        try:
            with urlopen(request, timeout=30) as answer:
                return str(answer.status), json.load(answer)
        except HTTPError as refused:
            return str(refused.code), {}
        except (OSError, HTTPException, ValueError):  # nobody listens, or the connection broke off in the middle
            return "none", {}

"""Who is told when open time changes. The apps above this one register here; it knows none of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that a change of calendars leaves outside open time, as a facility manager reads it."""

    text: str
    url: str = ""


class Watcher(Protocol):
    def __call__(self, equipment_ids: set[int], *, now: datetime) -> None: ...


class Previewer(Protocol):
    def __call__(self, equipment_ids: set[int], *, now: datetime) -> Iterable[Hit]: ...


_watchers: list[Watcher] = []
_previewers: list[Previewer] = []


def watch(callback: Watcher) -> None:
    """Call it with the ids of the machines whose open time changed, in the transaction of the change."""
    if callback not in _watchers:
        _watchers.append(callback)


def watch_preview(callback: Previewer) -> None:
    """Call it inside a change that is being tried, after the watchers, for what the change hits.

    It leaves out what was outside open time already.
    """
    if callback not in _previewers:
        _previewers.append(callback)


def notify_watchers(equipment_ids: set[int], *, now: datetime) -> None:
    if equipment_ids:
        for callback in _watchers:
            callback(equipment_ids, now=now)


def ask_previewers(equipment_ids: set[int], *, now: datetime) -> list[Hit]:
    if not equipment_ids:
        return []
    return [hit for callback in _previewers for hit in callback(equipment_ids, now=now)]

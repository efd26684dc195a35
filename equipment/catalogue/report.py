"""What an import did or would do, per kind of thing."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


@dataclass
class KindReport:
    """By short name or code. `changed` says per thing what changed; `left_alone` is not in the file."""

    added: list[str] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    left_alone: list[str] = field(default_factory=list)

    def note(self, name: str, changes: list[str]) -> None:
        if changes:
            self.changed[name] = changes
        else:
            self.unchanged.append(name)

    def add_change(self, name: str, change: str) -> None:
        """One more, of something noted before."""
        if name in self.unchanged:
            self.unchanged.remove(name)
        self.changed.setdefault(name, []).append(change)


KIND_NAMES = {
    "opening_hours": gettext_lazy("opening hours"),
    "closures": gettext_lazy("closures"),
    "fieldlabs": gettext_lazy("fieldlabs"),
    "certificates": gettext_lazy("kinds of certificates"),
    "types": gettext_lazy("types"),
    "equipment": gettext_lazy("machines"),
}


@dataclass
class Report:
    kinds: dict[str, KindReport] = field(default_factory=lambda: {kind: KindReport() for kind in KIND_NAMES})

    def __getitem__(self, kind: str) -> KindReport:
        return self.kinds[kind]

    @property
    def changes_anything(self) -> bool:
        return any(kind.added or kind.changed for kind in self.kinds.values())

    def lines(self) -> list[str]:
        """For a terminal: the counts, then each change, then what is not in the file."""
        lines = []
        for name, kind in self.kinds.items():
            counts = {"added": len(kind.added), "changed": len(kind.changed), "unchanged": len(kind.unchanged)}
            told = _("%(added)d to add, %(changed)d to change, %(unchanged)d as they are") % counts
            lines.append(f"{KIND_NAMES[name]}: {told}")
        for name, kind in self.kinds.items():
            if kind.added:
                lines.append(f"  + {KIND_NAMES[name]}: {', '.join(kind.added)}")
            for changed, changes in kind.changed.items():
                lines += [f"  ~ {KIND_NAMES[name]} {changed}: {change}" for change in changes]
        for name, kind in self.kinds.items():
            if kind.left_alone:
                left = ", ".join(kind.left_alone)
                lines.append(
                    _("Not in the file, left alone (%(kind)s): %(left)s") % {"kind": KIND_NAMES[name], "left": left}
                )
        return lines

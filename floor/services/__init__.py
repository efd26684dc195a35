"""The verbs of the floor. Each is one transaction, takes keyword arguments only and never sees a request."""

from floor.services.approvals import approve, approve_all, decline, decline_all
from floor.services.attendance import check_in, check_out, mark_no_show
from floor.services.issues import dismiss

__all__ = [
    "approve",
    "approve_all",
    "check_in",
    "check_out",
    "decline",
    "decline_all",
    "dismiss",
    "mark_no_show",
]

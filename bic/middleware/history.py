"""Who changed something, and at which address: what the history of every row is kept with."""

from typing import Any

import pghistory.middleware

from bic.monitoring.logs import without_secrets


class HistoryMiddleware(pghistory.middleware.HistoryMiddleware):
    def get_context(self, request) -> dict[str, Any]:
        """An address that is a key is not kept."""
        context = super().get_context(request)
        return context | {"url": without_secrets(context["url"])}

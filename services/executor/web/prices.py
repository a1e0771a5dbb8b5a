"""What models cost, and who says so."""

from collections.abc import Sequence
from functools import partial

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from services.executor.flows.before.prepare import Preparer
from services.executor.web.answers import json_answer
from services.executor.web.price_rows import PriceRows, Shown
from services.process.problem import Problem

MOST_NAME_CHARS = 200


class PriceRoutes:
    """GET /prices."""

    def __init__(self, *, rows: PriceRows, preparer: Preparer) -> None:
        self._rows = rows
        self._preparer = preparer

    async def list(self, request: Request) -> Response:
        """GET /prices: every one, a provider's, a model's, or those of a preset's models; dollars a million tokens.

        A model that is named and that nobody knows a price of is in the answer, with null, source ``unknown`` and the
        reason. Of a price that changes it is the one that holds now, with the dearest there is besides.
        """
        names = {name: request.query_params.get(name) or None for name in ("provider", "model", "preset")}
        for name, value in names.items():
            if value is not None and len(value) > MOST_NAME_CHARS:
                raise Problem("invalid-parameter", f"{name} is longer than {MOST_NAME_CHARS} characters")
        if names["model"] is not None and names["provider"] is None:
            raise Problem("invalid-parameter", "a model is named with its provider: ?provider=openai&model=gpt-5-mini")
        if names["preset"] is not None and names["provider"] is not None:
            raise Problem("invalid-parameter", "either a preset or a provider")
        return json_answer({"prices": await anyio.to_thread.run_sync(partial(self._asked, **names))})

    def _asked(self, *, provider: str | None, model: str | None, preset: str | None) -> Sequence[Shown]:
        if preset is not None:
            prepared = self._preparer.prepare({"preset": preset})
            return self._rows.of_models(one for _, one in prepared.preset.models())
        if provider is not None and model is not None:
            return [self._rows.of_name(provider, model)]
        return self._rows.all(provider)

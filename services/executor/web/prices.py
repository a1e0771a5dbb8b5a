"""What models cost, and who says so."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from services.executor.core.presets.preset import Model
from services.executor.core.presets.prices import NOTHING, ModelPrice, usd
from services.executor.core.presets.providers import FREE
from services.executor.flows.before.prepare import Preparer
from services.executor.flows.ports import Clock
from services.executor.web.answers import json_answer
from services.process.problem import Problem

MOST_NAME_CHARS = 200

Shown = dict[str, Any]


class Prices(Protocol):
    """Knows prices."""

    def price(self, provider: str, model: str) -> ModelPrice | None:
        """The price of a model, or None where nobody knows it."""

    def why_unknown(self, provider: str, model: str) -> str | None:
        """Why nobody knows the price of a model."""

    def price_of(self, model: Model) -> ModelPrice | None:
        """The price of a preset's model, which may have one of its own."""

    def all_keys(self) -> Iterable[tuple[str, str]]:
        """Provider and model of every price there is."""


class PriceRoutes:
    """GET /prices."""

    def __init__(self, *, prices: Prices, preparer: Preparer, clock: Clock) -> None:
        self._prices = prices
        self._preparer = preparer
        self._clock = clock

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
        return json_answer({"prices": await anyio.to_thread.run_sync(lambda: list(self._rows(**names)))})

    def _rows(self, provider: str | None, model: str | None, preset: str | None) -> Iterator[Shown]:
        if preset is not None:
            shown = [self._row_of(one) for _, one in self._preparer.prepare({"preset": preset}).preset.models()]
            yield from (row for index, row in enumerate(shown) if row not in shown[:index])
        elif provider is not None and model is not None:
            yield self._row(provider, model, NOTHING if provider in FREE else self._prices.price(provider, model))
        else:
            for key in self._prices.all_keys():
                if provider in {None, key[0]}:
                    price = self._prices.price(*key)
                    if price is not None:
                        yield self._row(*key, price)

    def _row_of(self, model: Model) -> Shown:
        return self._row(model.provider, model.model, self._prices.price_of(model))

    def _row(self, provider: str, model: str, price: ModelPrice | None) -> Shown:
        shown: Shown = {"provider": provider, "model": model}
        if price is None:
            shown |= {"input_per_mtok": None, "output_per_mtok": None, "source": "unknown"}
            return {**shown, "reason": self._prices.why_unknown(provider, model)}
        now = price.at(self._clock.now_ms())
        shown |= {"input_per_mtok": usd(now.input.base_nano), "output_per_mtok": usd(now.output.base_nano)}
        if now.cached is not None:
            shown["cached_input_per_mtok"] = usd(now.cached.base_nano)
        if now.request_nano:
            shown["per_request"] = usd(now.request_nano)
        if price.timed:
            shown["dearest_input_per_mtok"] = usd(max(one.input.base_nano for one in price.at_any_time()))
            shown["dearest_output_per_mtok"] = usd(max(one.output.base_nano for one in price.at_any_time()))
        return {**shown, "source": price.source}

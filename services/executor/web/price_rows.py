"""What models cost, as answers show it."""

from collections.abc import Iterable
from typing import Any, Protocol

from services.executor.core.presets.preset import Model
from services.executor.core.presets.prices import NOTHING, ModelPrice, usd
from services.executor.core.presets.providers import FREE
from services.executor.flows.ports import Clock

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


class PriceRows:
    """Rows of prices: dollars a million tokens, who says so, and the reason where nobody knows.

    Of a price that changes it is the one that holds now, with the dearest there is besides.
    """

    def __init__(self, *, prices: Prices, clock: Clock) -> None:
        self._prices = prices
        self._clock = clock

    def of_models(self, models: Iterable[Model]) -> list[Shown]:
        """A row for each of a preset's models; those that are the same once."""
        rows = [self._row(one.provider, one.model, self._prices.price_of(one)) for one in models]
        return [row for index, row in enumerate(rows) if row not in rows[:index]]

    def of_name(self, provider: str, model: str) -> Shown:
        """The row of one model, known or not."""
        return self._row(provider, model, NOTHING if provider in FREE else self._prices.price(provider, model))

    def all(self, provider: str | None = None) -> list[Shown]:
        """Every price there is, or every one of a provider."""
        keys = [key for key in self._prices.all_keys() if provider in {None, key[0]}]
        found = [(key, self._prices.price(*key)) for key in keys]
        return [self._row(*key, price) for key, price in found if price is not None]

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

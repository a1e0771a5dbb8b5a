"""What models cost: the preset's own price first, then your file of prices, then the list."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from types import ModuleType

from services.executor.core.presets.preset import Model
from services.executor.core.presets.prices import ModelPrice, PriceKey, own_price

_LIST = "services.executor.adapters.pricing.price_list"
_LOOK_BACK = timedelta(days=1)
"""A request may have begun under a price that has ended since; no request takes this long."""


def _now() -> datetime:
    return datetime.now(UTC)


class PriceList:
    """Prices by provider and model, looked up once a day each; ``stated`` go before the list's."""

    def __init__(
        self, stated: Mapping[PriceKey, ModelPrice] | None = None, *, now: Callable[[], datetime] = _now
    ) -> None:
        self._stated = stated or {}
        self._now = now
        self._day: date | None = None
        self._known: dict[PriceKey, ModelPrice | str] = {}

    def price_of(self, model: Model) -> ModelPrice | None:
        """The model's price, or None where nobody knows it."""
        return own_price(model) or self.price(model.provider, model.model)

    def price(self, provider: str, model: str) -> ModelPrice | None:
        """The price of a model whose preset says none, or None where nobody knows it."""
        found = self._look_up((provider, model))
        return None if isinstance(found, str) else found

    def why_unknown(self, provider: str, model: str) -> str | None:
        """Why nobody knows the price of this model; None where it is known."""
        found = self._look_up((provider, model))
        return found if isinstance(found, str) else None

    def all_keys(self) -> Iterator[PriceKey]:
        """Every model that has a price, your own first."""
        yield from self._stated
        for key in _listed().listed_models():
            if key not in self._stated:
                yield key

    def _look_up(self, key: PriceKey) -> ModelPrice | str:
        if key in self._stated:
            return self._stated[key]
        now = self._now()
        if now.date() != self._day:
            self._day = now.date()
            self._known = {}
        if key not in self._known:
            self._known[key] = _from_list(*key, now - _LOOK_BACK)
        return self._known[key]


def _from_list(provider: str, model: str, since: datetime) -> ModelPrice | str:
    listed = _listed()
    try:
        found: ModelPrice = listed.listed_price(provider, model, since)
    except LookupError as error:
        return str(error)
    return found


def _listed() -> ModuleType:
    # The list is 26 MB and a third of a second: whoever asks only models of their own never loads it.
    return importlib.import_module(_LIST)

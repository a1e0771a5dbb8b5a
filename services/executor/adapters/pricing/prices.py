"""What models cost: the preset's own price first, then your file of prices, then the list."""

import importlib
from collections.abc import Iterator, Mapping
from types import ModuleType

from services.executor.core.presets.preset import Model
from services.executor.core.presets.prices import ModelPrice, PriceKey, own_price

_LIST = "services.executor.adapters.pricing.price_list"


class PriceList:
    """Prices by provider and model, looked up once each; ``stated`` go before the list's."""

    def __init__(self, stated: Mapping[PriceKey, ModelPrice] | None = None) -> None:
        self._stated = stated or {}
        self._known: dict[PriceKey, ModelPrice | None] = {}

    def price_of(self, model: Model) -> ModelPrice | None:
        """The model's price, or None where nobody knows it."""
        return own_price(model) or self.price(model.provider, model.model)

    def price(self, provider: str, model: str) -> ModelPrice | None:
        """The price of a model whose preset says none, or None where nobody knows it."""
        key = provider, model
        if key not in self._known:
            self._known[key] = self._stated.get(key) or _listed().listed_price(*key)
        return self._known[key]

    def all_keys(self) -> Iterator[PriceKey]:
        """Every model that has a price, your own first."""
        yield from self._stated
        for key in _listed().listed_models():
            if key not in self._stated:
                yield key


def _listed() -> ModuleType:
    # The list is 26 MB and a third of a second: whoever asks only models of their own never loads it.
    return importlib.import_module(_LIST)

"""What models cost: the preset's own price first, then the list."""

import importlib

from services.executor.core.preset import Model
from services.executor.core.prices import ModelPrice, own_price

_LIST = "services.executor.adapters.price_list"


class PriceList:
    """Prices by provider and model, looked up once each."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], ModelPrice | None] = {}

    def price_of(self, model: Model) -> ModelPrice | None:
        """The model's price, or None where nobody knows it."""
        own = own_price(model)
        if own is not None:
            return own
        key = model.provider, model.model
        if key not in self._known:
            # The list is 26 MB and a third of a second: whoever asks only models of their own never loads it.
            self._known[key] = importlib.import_module(_LIST).listed_price(*key)
        return self._known[key]

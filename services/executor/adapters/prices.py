"""What models cost: the preset's own price first, then the list that ships with genai-prices; never over the network."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import genai_prices
from genai_prices.types import TieredPrices

from services.executor.core.preset import Model
from services.executor.core.prices import ModelPrice, Rate, own_price

_NANO_PER_USD = 1_000_000_000


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
            self._known[key] = _listed(*key)
        return self._known[key]


def _listed(provider: str, model: str) -> ModelPrice | None:
    usage = genai_prices.Usage(input_tokens=1, output_tokens=1)
    try:
        found = genai_prices.calc_price(
            usage, model, provider_id=provider, genai_request_timestamp=datetime.now(UTC)
        ).model_price
    except LookupError:
        return None
    cost_in, cost_out = _rate(found.input_mtok), _rate(found.output_mtok)
    return None if cost_in is None or cost_out is None else ModelPrice(cost_in, cost_out)


def _rate(price: Any) -> Rate | None:
    if isinstance(price, TieredPrices):
        tiers = tuple((tier.start, _nano(tier.price)) for tier in price.tiers)
        return Rate(_nano(price.base), tiers)
    return Rate(_nano(price)) if isinstance(price, Decimal) else None


def _nano(usd: Decimal) -> int:
    return int(usd * _NANO_PER_USD)

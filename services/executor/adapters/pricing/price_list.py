"""The prices that ship with genai-prices; never over the network."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import genai_prices
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import TieredPrices

from services.executor.core.presets.prices import NANO_PER_USD, ModelPrice, Rate


def listed_price(provider: str, model: str) -> ModelPrice | None:
    """The model's price today, or None where the list does not have it."""
    usage = genai_prices.Usage(input_tokens=1, output_tokens=1)
    try:
        found = genai_prices.calc_price(
            usage, model, provider_id=provider, genai_request_timestamp=datetime.now(UTC)
        ).model_price
    except LookupError:
        return None
    cost_in = _rate(found.input_mtok)
    if cost_in is None:
        return None
    # What the list has no output price for, an embedding, has no output that is billed.
    cost_out = _rate(getattr(found, "output_mtok", None)) or Rate(0)
    cached = _rate(getattr(found, "cache_read_mtok", None))
    return ModelPrice(cost_in, cost_out, cached, source="genai-prices")


def listed_models() -> Iterator[tuple[str, str]]:
    """Provider and model of every price in the list."""
    for provider in get_snapshot().providers:
        for model in provider.models:
            yield provider.id, model.id


def _rate(price: Any) -> Rate | None:
    if isinstance(price, TieredPrices):
        tiers = tuple((tier.start, _nano(tier.price)) for tier in price.tiers)
        return Rate(_nano(price.base), tiers)
    return Rate(_nano(price)) if isinstance(price, Decimal) else None


def _nano(usd: Decimal) -> int:
    return int(usd * NANO_PER_USD)

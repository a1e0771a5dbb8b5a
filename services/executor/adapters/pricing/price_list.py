"""The prices that ship with genai-prices; never over the network.

A model it lists in units nobody counts for us, or without a price of its output, has no price here but a reason.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time
from decimal import ROUND_CEILING, Decimal
from typing import Any

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ConditionalPrice, StartDateConstraint, TieredPrices, TimeOfDateConstraint
from genai_prices.types import ModelPrice as ListedPrice

from services.executor.core.presets.prices import NANO_PER_USD, Daily, ModelPrice, Rate, StartsAt, TimedPrice

_COUNTED = frozenset({"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "requests_kcount"})
_NEVER_ASKED_FOR = frozenset(
    {
        "cache_write_1h_mtok",
        "cache_audio_read_mtok",
        "cache_image_read_mtok",
        "code_executions_kcount",
        "input_audio_mtok",
        "input_image_mtok",
        "input_video_mtok",
        "output_audio_mtok",
        "output_image_mtok",
        "output_video_mtok",
        "social_searches_kcount",
        "storage_searches_kcount",
        "web_searches_kcount",
    }
)
"""What text, answered with text, has none of. Where a provider's usage states it all the same, that cost is unknown."""

_EMBEDS = re.compile(r"embed|(^|[/-])(bge|gte|voyage)-(?!reranker)", re.IGNORECASE)
"""Models whose answer is no tokens: their list price is the input's alone."""

_SEARCHES = re.compile(r"sonar|-online(?!\S)|deep-research|-search(-preview|-api|(?!\S))", re.IGNORECASE)
"""Models that search by themselves, billed by the search, which no count of tokens covers."""

_MS_PER_S = 1000


class NoPriceError(LookupError):
    """The list has no price that could be used; the message is the reason."""


def listed_price(provider: str, model: str, since: datetime) -> ModelPrice:
    """The model's prices from that moment on; raises ``NoPriceError``."""
    try:
        found = get_snapshot().find_provider_model(model, None, provider, None)[1]
    except LookupError as error:
        raise NoPriceError("it is not in the price list") from error
    base, timed = _from(found.prices, since) if isinstance(found.prices, list) else (found.prices, [])
    # The list may know the model that was asked only as a kind of another.
    names = f"{model} {found.id}"
    prices = [(when, _price(names, prices)) for when, prices in timed]
    return _price(names, base, tuple(TimedPrice(when, price) for when, price in prices))


def listed_models() -> Iterator[tuple[str, str]]:
    """Provider and model of every price in the list."""
    for provider in get_snapshot().providers:
        for model in provider.models:
            yield provider.id, model.id


def _from(
    conditional: list[ConditionalPrice], since: datetime
) -> tuple[ListedPrice, list[tuple[StartsAt | Daily, ListedPrice]]]:
    """The price that holds where no other does, and the others in their order; what is over for good is left out."""
    base, timed = conditional[0].prices, list[tuple[StartsAt | Daily, ListedPrice]]()
    for one in conditional:
        when = one.constraint
        if when is None or (isinstance(when, StartDateConstraint) and when.active(since)):
            base, timed = one.prices, []
        else:
            timed.append((_when(when), one.prices))
    return base, timed


def _when(constraint: StartDateConstraint | TimeOfDateConstraint) -> StartsAt | Daily:
    if isinstance(constraint, StartDateConstraint):
        start = datetime.combine(constraint.start_date, time(tzinfo=UTC))
        return StartsAt(round(start.timestamp()) * _MS_PER_S)
    return Daily(_of_day_ms(constraint.start_time), _of_day_ms(constraint.end_time))


def _of_day_ms(at: time) -> int:
    # The list's times without a zone are UTC.
    offset = at.utcoffset()
    offset_s = 0 if offset is None else round(offset.total_seconds())
    return ((at.hour * 60 + at.minute) * 60 + at.second - offset_s) % 86_400 * _MS_PER_S


def _price(names: str, listed: ListedPrice, timed: tuple[TimedPrice, ...] = ()) -> ModelPrice:
    rates = {key: value for key, value in vars(listed).items() if value is not None and not key.startswith("_")}
    uncounted = sorted(rates.keys() - _COUNTED - _NEVER_ASKED_FOR)
    if uncounted:
        names = ", ".join(name.rsplit("_", 1)[0] for name in uncounted)
        raise NoPriceError(f"it is billed by what nobody counts for us too: {names}")
    if "input_mtok" not in rates:
        raise NoPriceError("the price list has no price of its input")
    if "output_mtok" not in rates and not _EMBEDS.search(names):
        raise NoPriceError("the price list has no price of its output")
    fee = rates.get("requests_kcount", Decimal(0))
    if isinstance(fee, TieredPrices):
        raise NoPriceError("its price of a request has tiers")
    if _SEARCHES.search(names) and not fee:
        raise NoPriceError("it searches by itself, and is billed for each search")
    return ModelPrice(
        _rate(rates["input_mtok"]),
        _rate(rates.get("output_mtok", Decimal(0))),
        _rate(rates["cache_read_mtok"]) if "cache_read_mtok" in rates else None,
        source="genai-prices",
        written=_written(rates),
        request_nano=_nano(fee / 1000),
        timed=timed,
    )


def _written(rates: dict[str, Any]) -> Rate | None:
    if "cache_write_mtok" not in rates:
        return None
    written, fresh = _rate(rates["cache_write_mtok"]), _rate(rates["input_mtok"])
    # Less than reading costs, it is what keeping costs besides.
    return written if written.base_nano >= fresh.base_nano else written.plus(fresh)


def _rate(price: Decimal | TieredPrices) -> Rate:
    if isinstance(price, TieredPrices):
        return Rate(_nano(price.base), tuple((tier.start, _nano(tier.price)) for tier in price.tiers))
    return Rate(_nano(price))


def _nano(usd: Decimal) -> int:
    return int((usd * NANO_PER_USD).to_integral_value(ROUND_CEILING))

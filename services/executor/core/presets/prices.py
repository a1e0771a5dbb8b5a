"""Money as whole nano-dollars: what tokens cost, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from services.executor.core.presets.preset import Model
from services.executor.core.presets.providers import FREE

PriceKey = tuple[str, str]
"""Provider and model."""

NANO_PER_USD = 1_000_000_000
TOKENS_PER_MTOK = 1_000_000
MS_PER_DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Rate:
    """Nano-dollars for a million tokens; above a tier's start that tier's rate holds for all of them."""

    base_nano: int
    tiers: tuple[tuple[int, int], ...] = ()

    def at(self, input_tokens: int) -> int:
        """The rate for a request with this many input tokens."""
        rate = self.base_nano
        for start, tier_nano in self.tiers:
            if input_tokens > start:
                rate = tier_nano
        return rate

    def most(self, input_tokens: int) -> int:
        """The dearest rate for a request with at most this many input tokens."""
        return max([self.base_nano, *(tier_nano for start, tier_nano in self.tiers if input_tokens > start)])

    def plus(self, other: "Rate") -> "Rate":
        """Both together."""
        starts = sorted({start for start, _ in (*self.tiers, *other.tiers)})
        tiers = ((start, self.at(start + 1) + other.at(start + 1)) for start in starts)
        return Rate(self.base_nano + other.base_nano, tuple(tiers))


PriceSource = Literal["preset", "file", "genai-prices", "free", "unknown"]
"""Who says so: the preset, your own file of prices, the list that ships with us, or that nothing is paid."""

STATED: frozenset[PriceSource] = frozenset({"preset", "file", "free"})
"""Prices somebody here has stated: they hold whatever a provider says a request cost."""


@dataclass(frozen=True, slots=True)
class StartsAt:
    """From this moment on, for good."""

    start_ms: int

    def holds(self, at_ms: int) -> bool:
        """Whether it does at this moment, in milliseconds since 1970."""
        return at_ms >= self.start_ms


@dataclass(frozen=True, slots=True)
class Daily:
    """Every day from one time to another, which may be after midnight; milliseconds of the day in UTC."""

    from_ms: int
    until_ms: int

    def holds(self, at_ms: int) -> bool:
        """Whether it does at this moment, in milliseconds since 1970."""
        of_day_ms = at_ms % MS_PER_DAY
        if self.until_ms < self.from_ms:
            return of_day_ms >= self.from_ms or of_day_ms < self.until_ms
        return self.from_ms <= of_day_ms < self.until_ms


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """What one model's input and output cost.

    ``cached`` is input the provider had read before and ``written`` input it has kept for later; None as other input.
    ``request_nano`` is paid for each request besides. Where ``timed`` is not empty, the last of those that holds at a
    moment is the price then, and this one where none does.
    """

    input: Rate
    output: Rate
    cached: Rate | None = None
    source: PriceSource = "preset"
    written: Rate | None = None
    request_nano: int = 0
    timed: "tuple[TimedPrice, ...]" = ()

    @property
    def is_free(self) -> bool:
        """Whether nothing is ever paid."""
        return not any(price.request_nano or any(map(_paid, price.rates())) for price in self.at_any_time())

    def rates(self) -> Iterator[Rate]:
        """All that is paid for tokens."""
        yield from (rate for rate in (self.input, self.output, self.cached, self.written) if rate is not None)

    def at(self, at_ms: int) -> "ModelPrice":
        """The price at this moment."""
        found = self
        for timed in self.timed:
            if timed.when.holds(at_ms):
                found = timed.price
        return found

    def cost_nano(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0, written_tokens: int = 0) -> int:
        """The cost of one request at this price, rounded half up; cached and written tokens are among the input's."""
        cached = min(cached_tokens, input_tokens) if self.cached is not None else 0
        written = min(written_tokens, input_tokens - cached) if self.written is not None else 0
        fresh = input_tokens - cached - written
        total = fresh * self.input.at(input_tokens) + output_tokens * self.output.at(input_tokens)
        if self.cached is not None:
            total += cached * self.cached.at(input_tokens)
        if self.written is not None:
            total += written * self.written.at(input_tokens)
        return self.request_nano + (total + TOKENS_PER_MTOK // 2) // TOKENS_PER_MTOK

    def expected_nano(self, input_tokens: int, output_tokens: int) -> int:
        """What a request of this size will cost, at the dearest of the times it may be made."""
        return max(price.cost_nano(input_tokens, output_tokens) for price in self.at_any_time())

    def most_nano(self, input_tokens: int, output_tokens: int) -> int:
        """The most a request of at most this size can cost: whenever it is made, and whatever of it is kept for later."""
        return max(_most_nano(price, input_tokens, output_tokens) for price in self.at_any_time())

    def at_any_time(self) -> Iterator["ModelPrice"]:
        """This price, and each that takes its place at times."""
        yield self
        yield from (timed.price for timed in self.timed)


@dataclass(frozen=True, slots=True)
class TimedPrice:
    """A price that holds at some times only."""

    when: StartsAt | Daily
    price: ModelPrice


def _most_nano(price: ModelPrice, input_tokens: int, output_tokens: int) -> int:
    rates = (price.input, price.cached, price.written)
    read = max(rate.most(input_tokens) for rate in rates if rate is not None)
    total = input_tokens * read + output_tokens * price.output.most(input_tokens)
    return price.request_nano + -(-total // TOKENS_PER_MTOK)


def _paid(rate: Rate) -> bool:
    return bool(rate.base_nano or rate.tiers)


NOTHING = ModelPrice(Rate(0), Rate(0), source="free")


def nano(usd: float) -> int:
    """Dollars as nano-dollars."""
    return round(usd * NANO_PER_USD)


def usd(nano_usd: int) -> float:
    """Nano-dollars as dollars."""
    return nano_usd / NANO_PER_USD


def own_price(model: Model) -> ModelPrice | None:
    """The price that needs no list: what the preset says, or nothing for what runs on this machine."""
    if model.price is not None:
        return ModelPrice(Rate(nano(model.price.input_per_mtok)), Rate(nano(model.price.output_per_mtok)))
    return NOTHING if model.provider in FREE else None

"""Money as whole nano-dollars: what tokens cost."""

from dataclasses import dataclass
from typing import Literal

from services.executor.core.presets.preset import Model
from services.executor.core.presets.providers import FREE

PriceKey = tuple[str, str]
"""Provider and model."""

NANO_PER_USD = 1_000_000_000
TOKENS_PER_MTOK = 1_000_000


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


PriceSource = Literal["preset", "file", "genai-prices", "free", "unknown"]
"""Who says so: the preset, your own file of prices, the list that ships with us, or that nothing is paid."""

STATED: frozenset[PriceSource] = frozenset({"preset", "file", "free"})
"""Prices somebody here has stated: they hold whatever a provider says a request cost."""


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """What one model's input and output cost; ``cached`` is input the provider had read before, None as other input."""

    input: Rate
    output: Rate
    cached: Rate | None = None
    source: PriceSource = "preset"

    @property
    def is_free(self) -> bool:
        """Whether nothing is ever paid."""
        return not (self.input.base_nano or self.input.tiers or self.output.base_nano or self.output.tiers)

    def cost_nano(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> int:
        """The cost of one request, rounded half up; ``cached_tokens`` are among the input's."""
        cached = min(cached_tokens, input_tokens) if self.cached is not None else 0
        total = (input_tokens - cached) * self.input.at(input_tokens) + output_tokens * self.output.at(input_tokens)
        if self.cached is not None:
            total += cached * self.cached.at(input_tokens)
        return (total + TOKENS_PER_MTOK // 2) // TOKENS_PER_MTOK


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

"""What all runs of this process share."""

from collections.abc import Callable
from dataclasses import dataclass

from services.executor.core.limits.retry import Backoff
from services.executor.core.presets.check_preset import PriceOf
from services.executor.core.presets.preset import Preset
from services.executor.flows.ports import Clock, Ledger, LocalModel, Meter, Workers
from services.executor.flows.research_ports import Researchers
from services.executor.flows.slots.provider_gates import ProviderGates


def _nothing(_preset: Preset) -> list[str]:
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """The tools of a run."""

    ledger: Ledger
    workers: Workers
    local_model: LocalModel
    meter: Meter
    clock: Clock
    gates: ProviderGates
    price_of: PriceOf
    backoff: Backoff
    chance: Callable[[], float]
    missing: Callable[[Preset], list[str]] = _nothing
    """The environment variables without which a preset's models cannot be asked."""
    researchers: Researchers | None = None
    """Carry out the calls of generators of kind ``gpt_researcher``; None where that is not installed."""

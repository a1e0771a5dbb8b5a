"""What all runs of this process share."""

from collections.abc import Callable
from dataclasses import dataclass

from services.executor.core.check_preset import PriceOf
from services.executor.core.retry import Backoff
from services.executor.flows.ports import Clock, Ledger, LocalModel, Meter, Workers
from services.executor.flows.provider_gates import ProviderGates


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

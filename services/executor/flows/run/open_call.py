"""A call between its queueing and its end: what it has used up, and how it stands in the ledger."""

from dataclasses import dataclass, field
from typing import Any

import anyio

from services.executor.core import records
from services.executor.core.limits.breaker import ModelKey
from services.executor.core.limits.budget import Reserved
from services.executor.core.limits.retry import Tries
from services.executor.core.planning.plan import PlannedCall
from services.executor.core.presets.preset import Model
from shared.events import PhaseName
from shared.strict_json import dumps


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A request between its reservation and its end."""

    attempt: records.Attempt
    reserved: Reserved
    begun: int
    """The breaker's tick when it began."""
    model: Model
    """What it is billed as."""
    began_s: float = 0.0
    """When it began, on a clock that never goes back."""


MAKING: frozenset[PhaseName] = frozenset({"generation", "combine"})
"""The phases whose calls make documents."""

ErrorData = dict[str, Any]
"""``{kind, message, status}``."""


@dataclass(slots=True, eq=False)
class OpenCall:
    """One call and what it has used up."""

    planned: PlannedCall
    model: Model
    attempts: int = 0
    """Over all lives of the call; the next attempt has the next number."""
    counted: int = 0
    deaths: int = 0
    spent_s: float = 0.0
    """Time that runs against ``call_timeout_s``."""
    queued: bool = False
    has_slot: bool = False
    let_in: bool = False
    """Whether the provider's door was passed for a request that has not begun yet."""
    ended: bool = False
    under_way: UnderWay | None = None
    preparing: anyio.CancelScope | None = None
    """Around what has to be there before the next request, while that is waited for."""
    asking: str | None = None
    """The worker's key of the request under way."""
    rests: bool = False
    """Whether it pauses between two requests."""
    wake: anyio.Event = field(default_factory=anyio.Event)
    """Set when a pause is to end early: the run stops, or the model is not asked any more."""

    @property
    def key(self) -> ModelKey:
        """Provider and model."""
        return self.planned.provider, self.planned.model

    @property
    def makes(self) -> bool:
        """Whether its answer is a document."""
        return self.planned.phase in MAKING

    @property
    def tries(self) -> Tries:
        """What counts for the next decision."""
        return Tries(counted=self.counted, deaths=self.deaths)

    def names(self) -> dict[str, Any]:
        """The data of ``call_queued`` and ``call_started``."""
        planned = self.planned
        return {
            "call_id": planned.call_id,
            "item_id": planned.item_id,
            "phase": planned.phase,
            "label": planned.label,
            "provider": planned.provider,
            "model": planned.model,
        }

    def record(self, run_id: str, status: records.CallStatus, error: ErrorData | None = None) -> records.Call:
        """The call as the ledger keeps it."""
        planned = self.planned
        return records.Call(
            run_id=run_id,
            call_id=planned.call_id,
            ordinal=planned.ordinal,
            item_id=planned.item_id,
            phase=planned.phase,
            label=planned.label,
            provider=planned.provider,
            model=planned.model,
            slot=planned.slot,
            round=planned.round,
            input=planned.input,
            document=planned.document,
            status=status,
            attempts=self.attempts,
            deaths=self.deaths,
            error=None if error is None else dumps(error).decode(),
            shown=dumps(list(planned.shown)).decode() if planned.shown else None,
        )

"""What the flows need from the outside, each as small as it can be."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from services.executor.core.records import (
    AnyRecord,
    Attempt,
    Call,
    Choice,
    Deletion,
    Document,
    Instructions,
    Pair,
    Score,
    StoredRun,
)
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest


class Clock(Protocol):
    """Time, as it passes."""

    def now_ms(self) -> int:
        """Milliseconds since 1970."""

    def monotonic_s(self) -> float:
        """Seconds that never go back."""


class Commit(Protocol):
    """Something written, on its way to the disk."""

    async def wait(self) -> None:
        """Return when it is durable. A ledger that cannot be written keeps trying, and keeps you waiting."""


class Ledger(Protocol):
    """Keeps runs and their events. What is written together is committed together, in the order it was written."""

    @property
    def trouble(self) -> str | None:
        """Why it cannot be written at the moment, or None."""

    @property
    def pending(self) -> int:
        """Events written and not yet durable."""

    def write(self, run_id: str, first_seq: int, lines: Sequence[bytes], records: Sequence[AnyRecord]) -> Commit:
        """Take in a run's next events and the records they report; returns at once."""

    async def flush(self) -> None:
        """Return when everything written so far is durable."""

    async def lines(self, run_id: str, *, after: int, most: int, most_bytes: int) -> list[bytes]:
        """The run's next lines after a seq, as many as fit, at least one if there is one."""

    async def replace_line(self, run_id: str, seq: int, line: bytes) -> None:
        """Put another line at a seq telemetry refused, and correct the digest a later ``run_finished`` states."""

    async def remove(self, deletion: Deletion) -> None:
        """Take out every row of this run and keep only that it was deleted; durable when this returns."""


class Deliveries(Protocol):
    """Takes care that a run's events reach telemetry."""

    def watch(self, run_id: str, *, last_seq: int, delivered_seq: int, distrust: Callable[[], None]) -> None:
        """Deliver this run's events from now on; ``distrust`` is called when one had to be replaced."""

    def over(self, run_id: str) -> None:
        """The run writes no more: what is pending is still delivered, then nothing is."""

    def forget(self, deletion: Deletion) -> None:
        """The run was deleted: deliver nothing of it, and have telemetry forget it, until it has."""


class Reader(Protocol):
    """What the ledger knows, for people and for a restart."""

    async def run(self, run_id: str) -> StoredRun | None:
        """One run."""

    async def runs(self, *, limit: int, before: str | None) -> list[StoredRun]:
        """Runs, newest first, those made before the run ``before``."""

    async def unfinished(self) -> list[StoredRun]:
        """Runs a stopped process has left planned, running or cancelling."""

    async def deleted(self, run_id: str) -> bool:
        """Whether there was such a run once, and somebody has deleted it."""

    async def interrupted(self) -> list[StoredRun]:
        """Runs that stand still until they are resumed."""

    async def last_seq(self, run_id: str) -> int:
        """The seq of the run's newest event, 0 for none."""

    async def calls(
        self,
        run_id: str,
        *,
        status: str | None = None,
        phase: str | None = None,
        model: str | None = None,
        limit: int,
        after: int = 0,
    ) -> list[Call]:
        """Calls in the order they were queued, those after the ordinal ``after``."""

    async def call(self, run_id: str, call_id: str) -> Call | None:
        """One call."""

    async def attempts(self, run_id: str, call_id: str | None = None) -> list[Attempt]:
        """Attempts of one call with their answers, or of all calls without."""

    async def in_flight(self, run_id: str) -> list[Attempt]:
        """Attempts that began and have not ended."""

    async def documents(self, run_id: str) -> list[Document]:
        """All documents, without their texts."""

    async def text(self, run_id: str, document_id: str) -> str | None:
        """A document's text."""

    async def texts(self, run_id: str, wanted: Sequence[str]) -> dict[str, str]:
        """The texts of these documents by id."""

    async def instructions(self, run_id: str, phase: str) -> Instructions | None:
        """A phase's instructions."""

    async def scores(self, run_id: str) -> list[Score]:
        """All verdicts."""

    async def pairs(self, run_id: str) -> list[Pair]:
        """All judgements of two documents."""

    async def choices(self, run_id: str) -> list[Choice]:
        """Which documents went on to which phase."""


class Workers(Protocol):
    """Asks providers, one request per call."""

    async def ready(self) -> None:
        """Return when a request can be taken; raises ``WorkersUnavailableError`` when that takes too long."""

    async def ask(self, key: str, request: LlmRequest, *, alone: bool = False) -> LlmAnswer | LlmFailure:
        """Make the request and return its end. ``key`` is unique among those under way; ``alone`` gives it a process."""

    def cancel(self, key: str) -> None:
        """Abort the request; it still ends, soon."""


class LocalModel(Protocol):
    """The embedded model's server."""

    async def base_url(self) -> str:
        """Its address; starts it when it is not there. Raises ``LocalModelError``."""


class Meter(Protocol):
    """Counts for those who watch the service."""

    def attempt(self, provider: str, model: str, outcome: str, cost_nano: int | None) -> None:
        """An attempt ended: ``succeeded`` or the kind of its failure."""


class PresetSource(Protocol):
    """Presets by name, and the files a config names."""

    def names(self) -> list[str]:
        """All preset names, sorted."""

    def is_built_in(self, name: str) -> bool:
        """Whether the name means a preset that ships with the program."""

    def read(self, name: str, without: frozenset[str] = frozenset()) -> dict[str, Any]:
        """A preset with all it extends and names in it, the keys ``without`` left out.

        Raises ``UnknownPresetError`` or ``InvalidPreset``.
        """

    def inline(self, config: Mapping[str, Any], without: frozenset[str] = frozenset()) -> dict[str, Any]:
        """A config with all it extends and names in it, where that is allowed; raises ``InvalidPreset``."""

"""What a delivery needs from the outside: telemetry, and what the ledger knows of deliveries."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from services.executor.core.delivery.comparison import Gone, Standing, Theirs
from services.executor.core.delivery.telemetry_answer import Answer
from services.executor.core.records import Deletion, Reconciled


class RunsPage(NamedTuple):
    """Some of telemetry's runs; ``before`` asks for the next page, None if there is none."""

    runs: list[Theirs]
    before: str | None


class Telemetry(Protocol):
    """The telemetry service over HTTP. Nothing here raises for what the network or the other side does."""

    async def post(self, run_id: str, body: bytes) -> Answer:
        """Events as NDJSON."""

    async def sign_of_life(self, run_id: str, sign: Mapping[str, Any]) -> Answer:
        """The producer's word on itself."""

    async def probe(self) -> Answer:
        """Whether it is there at all."""

    async def runs(self, *, limit: int, before: str | None) -> RunsPage | Answer:
        """A page of its runs, newest first; an answer where that is none."""

    async def run(self, run_id: str) -> Theirs | Gone | Answer:
        """One run as it has it."""

    async def delete(self, run_id: str) -> Answer:
        """Have it forget a run."""


class Standings(Protocol):
    """What the ledger knows of deliveries."""

    async def some(self, run_ids: Sequence[str]) -> list[Standing]:
        """These runs, as far as they are there."""

    async def page(self, *, after: str, limit: int) -> list[Standing]:
        """The next runs by id."""

    async def undelivered(self, *, after: str, limit: int) -> list[Standing]:
        """The next runs by id with events telemetry has not acknowledged and may still get."""

    async def undelivered_events(self) -> int:
        """How many events of all runs telemetry has not acknowledged and may still get."""

    async def reconciled(self, run_id: str) -> Reconciled | None:
        """What the last comparison at the run's end found."""

    async def different(self) -> dict[str, int]:
        """By how many events telemetry differs from the ledger, for each run where the comparison found that."""

    async def deletions(self) -> list[Deletion]:
        """Runs that telemetry still has to forget."""

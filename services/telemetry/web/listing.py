"""Runs in lists: from memory, from the store's summaries, or, where these are out of date, read again."""

from typing import Any, NamedTuple

import anyio.to_thread
import msgspec

from services.telemetry.core.facts import Facts
from services.telemetry.flows.ports import EventStore, Listed
from services.telemetry.flows.runs import Runs

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Page(NamedTuple):
    """Facts of runs; ``before`` asks for the next page, None if there is none."""

    runs: list[Facts]
    before: str | None


async def page_of_runs(store: EventStore, runs: Runs, *, limit: int, before: str | None) -> Page:
    """Facts of runs as in ``GET /runs/{id}``, the youngest first; ``before``: only those older than this run."""

    def read() -> list[Listed]:
        return store.runs(limit=limit, before=before)

    rows = await anyio.to_thread.run_sync(read)
    found = [facts for row in rows if (facts := await _facts(row, runs)) is not None]
    return Page(found, rows[-1].run_id if len(rows) == limit else None)


async def _facts(row: Listed, runs: Runs) -> Facts | None:
    channel = runs.peek(row.run_id)
    if channel is None:
        if row.facts_seq == row.high:
            return _decode(row.facts)
        # The service ended before it could say how this run stood.
        channel = await runs.pin(row.run_id)
        runs.summarise(channel)
        runs.unpin(channel)
    return None if channel.deleted or channel.log.epoch is None else channel.facts()

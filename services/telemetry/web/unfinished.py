"""What the summary stream says first: every unfinished run, also those that are not in memory."""

from services.telemetry.core.facts import Facts
from services.telemetry.core.frames import word
from services.telemetry.flows.ports import EventStore
from services.telemetry.flows.runs import Runs
from services.telemetry.flows.storage import Storage
from services.telemetry.flows.summary_viewer import Words, words_of
from services.telemetry.web.listing import page_of_runs
from shared.status import FINAL

NEWEST_RUNS = 1000
"""How far back unfinished runs are looked for."""
_PAGE_RUNS = 100
_STATUS = ("status", "reason", "phase", "complete")


class Unfinished:
    """``read`` asks the store, ``words`` then says it as it is at that moment."""

    def __init__(self, store: EventStore, runs: Runs, storage: Storage) -> None:
        self._store = store
        self._storage = storage
        self._runs = runs
        self._found: list[Facts] = []

    async def read(self) -> None:
        """Find the unfinished runs."""
        before: str | None = None
        for _ in range(NEWEST_RUNS // _PAGE_RUNS):
            page = await page_of_runs(self._store, self._runs, limit=_PAGE_RUNS, before=before)
            self._found += [facts for facts in page.runs if facts["status"] not in FINAL]
            before = page.before
            if before is None:
                break

    def words(self) -> list[tuple[str, Words]]:
        """Status and stats of each, oldest first, and of runs that began meanwhile."""
        away = [facts for facts in reversed(self._found) if self._runs.peek(facts["run_id"]) is None]
        here = [channel for channel in self._runs.loaded() if channel.is_unfinished]
        return [
            *((facts["run_id"], _words(facts, self._storage.word)) for facts in away),
            *((channel.run_id, words_of(channel)) for channel in here),
        ]


def _words(facts: Facts, storage: str) -> Words:
    run_id = facts["run_id"]
    status = {name: facts[name] for name in _STATUS} | {
        "producer": None,
        "rejected": facts.get("rejected", 0),
        "unaccounted": None,
        "storage": storage,
    }
    return (
        word("status_update", run_id, status),
        word("fpf_stats_update", run_id, {"seq": facts["last"], "stats": facts["stats"]}),
    )

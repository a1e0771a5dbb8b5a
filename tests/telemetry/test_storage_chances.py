"""A store that fails by chance, also after it has written: what was acknowledged is there once, what was not is not."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import anyio
import pytest

from services.telemetry.adapters.event_store_sqlite import SqliteEventStore
from services.telemetry.app import running
from services.telemetry.config import Config
from services.telemetry.core.asked import START
from services.telemetry.core.frames import as_lines
from services.telemetry.core.incoming import take_event
from services.telemetry.errors import StoreError
from services.telemetry.flows.log_viewer import LogViewer
from services.telemetry.flows.outlet import Outlet
from services.telemetry.flows.ports import Batch, Write
from services.telemetry.flows.viewer import MUTE
from services.telemetry.web.parts import Parts
from tests.telemetry.fakes import FakeConnection
from tests.telemetry.test_store import LyingConnection

POSTS = 60


class Moody(SqliteEventStore):
    """Now and then refuses a group, or keeps it and says that it could not."""

    chance: Random

    def write(self, batches: Sequence[Batch], others: Sequence[Write]) -> None:
        mood = self.chance.random()
        if mood < 0.2:
            raise StoreError("not now")
        if mood < 0.4:
            self._open_writer = LyingConnection(self._writer)  # type: ignore[assignment]
        super().write(batches, others)


async def produce(parts: Parts, run: str, chance: Random, acknowledged: list[bytes]) -> None:
    """Post until every event is acknowledged; what is refused is posted again, cut and worded anew."""
    channel = await parts.runs.pin(run)
    seq = 1
    while seq <= POSTS:
        events = [
            take_event(b'{"type":"my.a","seq":%d,"epoch":"k","data":%d}' % (seq + n, chance.getrandbits(30)), run)
            for n in range(chance.randint(1, 4))
        ]
        outcome = await parts.ingest.take(channel, events)
        assert outcome.refused is None, "no number was given to two"
        assert outcome.duplicates == 0, "no refused event is remembered"
        if outcome.failure is None:
            acknowledged += [event.data for event in events]
            seq += len(events)
        else:
            assert outcome.expected == seq
    parts.runs.unpin(channel)


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_the_store_does_acknowledged_events_are_there_once_and_in_order(
    tmp_path: Path, seed: int
) -> None:
    chance = Random(seed)
    store = Moody(tmp_path / "log")
    store.chance = Random(seed)
    acknowledged: dict[str, list[bytes]] = {"a": [], "b": []}
    seen: dict[str, FakeConnection] = {}
    async with running(Config(min_free="0"), store, rng=chance) as parts:
        for run in acknowledged:
            channel = await parts.runs.pin(run)
            seen[run] = FakeConnection()
            outlet = Outlet(seen[run].send, parts.timers, parts.counters, lambda: None)
            behind = parts.catch_up.of(channel.log)
            parts.hub.join(LogViewer(outlet, channel.audience, behind, asked=START, form=as_lines, heartbeat_s=MUTE))
        with anyio.fail_after(60):
            async with anyio.create_task_group() as producers:
                for run, known in acknowledged.items():
                    producers.start_soon(produce, parts, run, chance, known)
            for run, known in acknowledged.items():
                while seen[run].text.count(b"\n") < len(known):  # noqa: ASYNC110 - a fake connection tells nobody
                    await anyio.sleep(0.005)
        assert parts.counters.store_failures > 0
        assert parts.counters.accepted == parts.counters.stored == sum(map(len, acknowledged.values()))
        assert parts.counters.violations == 0
        store.chance = Random(0)
        store.chance.random = lambda: 1.0  # type: ignore[method-assign]
    for run, known in acknowledged.items():
        lines = store.lines(run, after=0, limit_bytes=2**30)
        assert [line.partition(b'"data":')[2][:-1] for line in lines] == known
        assert seen[run].text.splitlines() == lines
    store.close()

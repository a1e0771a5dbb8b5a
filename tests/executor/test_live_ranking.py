"""The ranking while a run runs: said as it changes, said at the end, the same as in the results, there after a restart."""

import json
import threading
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import msgspec

from services.executor.core.ranking.event import best_that_fit
from services.executor.core.records import Pair
from services.executor.core.results.results import results
from services.executor.flows.read_outcome import read_outcome
from services.executor.flows.run import live_ranking
from services.executor.flows.run.live_ranking import LiveRanking
from services.executor.flows.run.run_log import RunLog
from shared.events import check
from shared.limits import MAX_EVENT_BYTES
from shared.stored import read_line
from shared.strict_json import dumps
from tests.executor.comparing import Favourites, five_phases
from tests.executor.engine import engine, types
from tests.executor.fakes import FakeWorkers
from tests.executor.outcomes import an_outcome, in_favour_of, makers, pair_judges


async def test_the_last_ranking_before_the_end_is_that_of_the_results(tmp_path: Path) -> None:
    async with engine(tmp_path, FakeWorkers(Favourites())) as it:
        events = await it.run(docs=2, **five_phases())
        shown = await read_outcome(await it.runs.find("run-1"), it.reader, results)
    last = next(index for index in reversed(range(len(events))) if events[index][0] == "ranking_changed")
    assert types(events)[last:] == ["ranking_changed", "run_finished"]
    told = events[last][1]
    assert told["ranking"] == shown["ranking"]
    assert [{name: row[name] for name in ("model", "settings", "rating")} for row in told["models"]] == sorted(
        ({name: model[name] for name in ("model", "settings", "rating")} for model in shown["models"]),
        key=lambda row: -row["rating"],
    )
    winners = [{name: item[name] for name in ("input", "document", "by", "tied")} for item in shown["winners"]]
    assert told["post_combine"]["winners"] == winners
    assert [row["document"] for row in told["post_combine"]["ranking"]] == [
        row["document"] for item in shown["post_combine"] for row in item["ranking"]
    ]
    assert {item["by"] for item in shown["winners"]} == {"post_combine"}
    assert [row["missing"] for row in shown["plan"]] == [[]] * 5


async def test_a_run_without_comparisons_says_nothing_about_a_ranking(tmp_path: Path) -> None:
    async with engine(tmp_path) as it:
        events = await it.run(docs=2, single_eval={})
    assert "ranking_changed" not in types(events)


async def test_after_a_restart_the_ranking_is_made_of_all_comparisons(tmp_path: Path) -> None:
    parts = five_phases()
    async with engine(tmp_path, FakeWorkers(Favourites())) as whole:
        await whole.run("whole", docs=1, **parts)
        expected = (await read_outcome(await whole.runs.find("whole"), whole.reader, results))["ranking"]
        asked = 0

        def until_half(request: object) -> bool:
            nonlocal asked
            asked += 1
            return asked > 15

        workers = FakeWorkers(Favourites(), holds=until_half)
        first = tmp_path / "first"
        first.mkdir()
        async with engine(first, workers) as it:
            await it.start("half", docs=1, **parts)
            with anyio.fail_after(60):
                while asked <= 15:
                    await anyio.lowlevel.checkpoint()
            await it.runs.drain()
            before = await it.reader.pairs("half")
        assert before
        async with engine(first, FakeWorkers(Favourites())) as it:
            await it.runs.resume("half", None)
            await it.ended("half")
            events = await it.events("half")
    told = [data for type_, data in events if type_ == "ranking_changed"][-1]
    assert told["ranking"] == expected


async def test_pairs_that_come_together_are_one_report_and_no_news_is_none(tmp_path: Path) -> None:
    outcome = an_outcome(
        docs=1, generation=makers(3), pairwise_eval={"judges": pair_judges(1)}, verdict=in_favour_of(len)
    )
    async with engine(tmp_path) as it:
        run_log = RunLog("run-1", "e1", ledger=it.ledger, clock=it.clock)
        ranking = LiveRanking(outcome.preset, outcome.plan, run_log, clock=it.clock)
        await ranking.report()
        assert run_log.seq == 0
        for pair in outcome.pairs:
            ranking.judged(pair)
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(ranking.report)
        assert run_log.seq == 1
        await ranking.report()
        assert run_log.seq == 1
        # A verdict that is told again changes its place in nothing.
        ranking.restore(outcome.pairs)
        await ranking.report()
        assert run_log.seq == 2
        await it.ledger.flush()


async def test_a_fit_nobody_waits_for_any_more_holds_nobody_up_and_changes_nothing(tmp_path: Path) -> None:
    outcome = an_outcome(
        docs=1, generation=makers(3), pairwise_eval={"judges": pair_judges(1)}, verdict=in_favour_of(len)
    )
    began, goes_on = threading.Event(), threading.Event()

    class Slow(LiveRanking):
        def _ranked(self, *given: Any) -> list[dict[str, Any]]:
            began.set()
            assert goes_on.wait(20)
            return super()._ranked(*given)

    async with engine(tmp_path) as it:
        run_log = RunLog("run-1", "e1", ledger=it.ledger, clock=it.clock)
        ranking = Slow(outcome.preset, outcome.plan, run_log, clock=it.clock)
        ranking.restore(outcome.pairs)
        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                group.start_soon(ranking.report)
                await anyio.to_thread.run_sync(began.wait, 10)
                group.cancel_scope.cancel()
            await ranking.report_last(within_s=0.01)
            async with anyio.create_task_group() as group:
                began.clear()
                group.start_soon(partial(ranking.report_last, within_s=20))
                await anyio.to_thread.run_sync(began.wait, 10)
                ranking.hurry()
        goes_on.set()
        assert run_log.seq == 0
        await ranking.report()
        assert run_log.seq == 1
        await it.ledger.flush()
        (line,) = await it.ledger.lines("run-1", after=0, most=10, most_bytes=1 << 20)
    assert len(msgspec.json.decode(read_line(line).data)["ranking"]) == 3


async def test_reports_keep_their_distance(tmp_path: Path) -> None:
    outcome = an_outcome(docs=1, generation=makers(3), pairwise_eval={"judges": pair_judges(1)})
    clock = 0.0
    waits: list[float] = []

    class Hurried(LiveRanking):
        async def report(self) -> None:
            nonlocal clock
            await super().report()
            clock += 2.0
            self.judged(outcome.pairs[0])

    class Stopwatch:
        def now_ms(self) -> int:
            return 0

        def monotonic_s(self) -> float:
            return clock

    async def noted(delay_s: float) -> None:
        waits.append(delay_s)
        if len(waits) == 3:
            group.cancel_scope.cancel()
        await anyio.lowlevel.checkpoint()

    async with engine(tmp_path) as it:
        run_log = RunLog("run-1", "e1", ledger=it.ledger, clock=it.clock)
        ranking = Hurried(outcome.preset, outcome.plan, run_log, clock=Stopwatch(), sleep=noted)
        ranking.judged(outcome.pairs[0])
        async with anyio.create_task_group() as group:
            group.start_soon(ranking.run)
        await it.ledger.flush()
    # The first waits for what comes soon after; a fit of two seconds has a quarter of the time.
    assert waits == [live_ranking.INTERVAL_S, 8.0, 8.0]


async def test_a_fit_that_breaks_is_told_and_breaks_no_run(tmp_path: Path) -> None:
    outcome = an_outcome(docs=1, generation=makers(2), pairwise_eval={"judges": pair_judges(1)})
    odd = outcome.pairs[0]
    values = {name: getattr(odd, name) for name in odd.__struct_fields__}
    broken = Pair(**{**values, "winner": "both"})
    async with engine(tmp_path) as it:
        run_log = RunLog("run-1", "e1", ledger=it.ledger, clock=it.clock)
        ranking = LiveRanking(outcome.preset, outcome.plan, run_log, clock=it.clock)
        ranking.judged(broken)
        await ranking.report()
        await it.ledger.flush()
        lines = await it.ledger.lines("run-1", after=0, most=10, most_bytes=1 << 20)
    assert len(lines) == 1
    assert b'"type":"log"' in lines[0]
    assert b'"level":"error"' in lines[0]


async def test_what_a_broken_fit_left_untold_is_in_the_next_report(tmp_path: Path) -> None:
    outcome = an_outcome(docs=1, generation=makers(2), pairwise_eval={"judges": pair_judges(1)})
    fits = 0

    class BreaksOnce(LiveRanking):
        def _ranked(self, *given: Any) -> list[dict[str, Any]]:
            nonlocal fits
            fits += 1
            if fits == 1:
                raise RuntimeError("once")
            return super()._ranked(*given)

    async with engine(tmp_path) as it:
        run_log = RunLog("run-1", "e1", ledger=it.ledger, clock=it.clock)
        ranking = BreaksOnce(outcome.preset, outcome.plan, run_log, clock=it.clock)
        ranking.restore(outcome.pairs)
        await ranking.report()
        await ranking.report()
        await it.ledger.flush()
        lines = await it.ledger.lines("run-1", after=0, most=10, most_bytes=1 << 20)
    assert [json.loads(line)["type"] for line in lines] == ["log", "ranking_changed"]
    assert len(json.loads(lines[1])["data"]["ranking"]) == 2


def test_a_ranking_larger_than_an_event_keeps_the_best_of_every_input() -> None:
    groups = [[{"document": f"{input_}-{rank}", "pad": "x" * 90} for rank in range(10)] for input_ in range(50)]
    kept = best_that_fit(groups, 10_000)
    assert len(dumps(kept)) <= 10_000
    assert {row["document"].split("-")[0] for row in kept} == {str(number) for number in range(50)}
    assert best_that_fit(groups, 1_000_000) == [row for group in groups for row in group]
    assert best_that_fit([], 10) == []


async def test_a_very_large_ranking_is_an_event_telemetry_takes(tmp_path: Path) -> None:
    outcome = an_outcome(
        docs=700, generation=makers(2), pairwise_eval={"judges": pair_judges(1)}, verdict=in_favour_of(len)
    )
    async with engine(tmp_path) as it:
        run_log = RunLog("run-1", "e1", ledger=it.ledger, clock=it.clock)
        ranking = LiveRanking(outcome.preset, outcome.plan, run_log, clock=it.clock)
        ranking.restore(outcome.pairs)
        await ranking.report()
        await it.ledger.flush()
        lines = await it.ledger.lines("run-1", after=0, most=10, most_bytes=1 << 20)
    assert len(lines[0]) < MAX_EVENT_BYTES
    stored = read_line(lines[0])
    data = msgspec.json.decode(stored.data)
    check(stored.type, data)
    assert data["omitted"] + len(data["ranking"]) + len(data["post_combine"]["winners"]) == 3 * 700

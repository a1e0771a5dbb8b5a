"""Plays one scenario from a seed to its verdict."""

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import anyio
import httpx

from tests.faults.check_run import OVER
from tests.faults.evaluation import configuration, local_configuration
from tests.faults.injuries import MAIN
from tests.faults.judge import SIDE, SIDE_SIZE, gather, judge
from tests.faults.looking import look_at_executor, look_at_telemetry
from tests.faults.outcome import Outcome
from tests.faults.scenarios import Scenario
from tests.faults.world import World, open_world

RUN_LIMIT_S = 150.0
ARRIVE_LIMIT_S = 60.0
VIEWERS_LIMIT_S = 60.0
LOOK_EVERY_S = 0.1
STUCK_S = 20.0
"""A run that is interrupted this long while everything is well is resumed by hand, and that is counted."""


@dataclass
class Stage:
    """A scenario while it is played."""

    world: World
    scenario: Scenario
    outcome: Outcome
    no_more: anyio.Event = field(default_factory=anyio.Event)
    """Set when every fault is over."""


async def play(scenario: Scenario, seed: int, folder: Path) -> Outcome:
    """The outcome; it never raises for what the system did wrong."""
    outcome, began = Outcome(scenario.kind, seed), time.monotonic()
    await anyio.Path(folder).mkdir(parents=True, exist_ok=True)
    chance = Random(f"{scenario.kind}/{seed}")
    async with open_world(folder, chance) as world:
        stage = Stage(world, scenario, outcome)
        try:
            await _play(stage)
        except* (TimeoutError, AssertionError) as wrong:
            outcome.broken.extend(_said(wrong))
        outcome.count(world.timeline)
        if outcome.broken:
            outcome.broken.append(world.log_tail())
        await world.executor.stop()
        await world.telemetry.stop()
        for service in (world.executor, world.telemetry):
            outcome.broken.extend(await service.left_behind())
    outcome.took_s = time.monotonic() - began
    return outcome


def _said(wrong: BaseExceptionGroup[Any]) -> list[str]:
    found = []
    for each in wrong.exceptions:
        found += _said(each) if isinstance(each, BaseExceptionGroup) else [f"{type(each).__name__}: {each}"]
    return found


async def _play(stage: Stage) -> None:
    world, scenario = stage.world, stage.scenario
    await world.telemetry.ready()
    await world.executor.ready()
    world.provider.mood.most_s = scenario.slowest_answer_s
    run_ids = [MAIN, SIDE]
    world.view_all("from before the start", run_ids)
    async with anyio.create_task_group() as watching:
        watching.start_soon(look_at_executor, world, MAIN)
        watching.start_soon(look_at_telemetry, world, MAIN)
        async with anyio.create_task_group() as injuring:
            injuring.start_soon(_injure, stage)
            await _start_runs(stage)
            injuring.start_soon(_join_in_the_middle, world, run_ids)
            if scenario.ends == "cancelled":
                injuring.start_soon(_cancel, world)
            await _until_over(stage, run_ids)
            # What is finished can still be lost: some more comes upon it.
            with anyio.move_on_after(scenario.after_the_end_s):
                await stage.no_more.wait()
            injuring.cancel_scope.cancel()
        world.heal()
        stage.no_more.set()
        await world.executor.ready()
        await world.telemetry.ready()
        await _until_complete(stage, run_ids)
        facts = [await gather(world, run_id) for run_id in run_ids]
        watching.cancel_scope.cancel()
    world.view_all("from after the end", run_ids)
    await _until_viewers_ended(stage)
    judge(world, scenario, stage.outcome, facts)


async def _start_runs(stage: Stage) -> None:
    world, scenario = stage.world, stage.scenario
    main = local_configuration(MAIN) if scenario.local else configuration(scenario.size, MAIN)
    main["limits"]["max_requests"] = scenario.max_requests
    for run_id, config in ((MAIN, main), (SIDE, configuration(SIDE_SIZE, SIDE))):
        # It is asked until it is answered: the repeat of a request whose answer was lost finds the run there.
        answer = await world.insist(world.executor, "/runs", "POST", {"run_id": run_id, "config": config})
        if answer.status_code not in {httpx.codes.OK, httpx.codes.CREATED}:
            raise AssertionError(f"the run was not taken: {answer.text[:500]}")


async def _cancel(world: World) -> None:
    await anyio.sleep(world.chance.uniform(0.5, 4.0))
    await world.insist(world.executor, f"/runs/{MAIN}/cancel", "POST")


async def _injure(stage: Stage) -> None:
    world, scenario = stage.world, stage.scenario
    chosen, weights = zip(*scenario.injuries, strict=True)
    free = anyio.CapacityLimiter(scenario.at_once)
    async with anyio.create_task_group() as group:
        for _ in range(scenario.most_injuries):
            await free.acquire_on_behalf_of(turn := object())
            # The pause begins when the one before is over: something has to happen between two kills.
            await anyio.sleep(world.chance.uniform(scenario.least_pause_s, scenario.most_pause_s))
            injury = world.chance.choices(chosen, weights)[0]

            async def one(injury: Any = injury, turn: object = turn) -> None:
                try:
                    await injury(world)
                finally:
                    free.release_on_behalf_of(turn)

            group.start_soon(one)
    stage.no_more.set()


async def _join_in_the_middle(world: World, run_ids: list[str]) -> None:
    await anyio.sleep(world.chance.uniform(0.5, 3.0))
    world.view_all("from the middle", run_ids)


async def _until_over(stage: Stage, run_ids: list[str]) -> None:
    """Every run reaches its end by itself; one that is interrupted for long is resumed by hand, and that is counted."""
    world, open_ = stage.world, set(run_ids)
    interrupted: dict[str, float] = {}
    status = "unknown"
    deadline = time.monotonic() + RUN_LIMIT_S
    while open_:
        for run_id in sorted(open_):
            answer = await world.insist(world.executor, f"/runs/{run_id}")
            status = answer.json().get("status", "unknown")
            if status in OVER:
                open_.discard(run_id)
            elif status == "interrupted" and stage.no_more.is_set():
                since = interrupted.setdefault(run_id, time.monotonic())
                if time.monotonic() - since > STUCK_S:
                    stage.outcome.resumed_by_hand += 1
                    stage.outcome.notes.append(f"{run_id} was resumed by hand: {answer.json().get('reason')}")
                    await world.insist(world.executor, f"/runs/{run_id}/resume", "POST")
                    del interrupted[run_id]
            else:
                interrupted.pop(run_id, None)
        if time.monotonic() > deadline:
            raise TimeoutError(f"{sorted(open_)} still {status} after {RUN_LIMIT_S} s")
        await anyio.sleep(LOOK_EVERY_S)


async def _until_complete(stage: Stage, run_ids: list[str]) -> None:
    """All succeeded (what was lost is resumed once everything is well), and telemetry has all of it."""
    world = stage.world
    await _until_over(stage, run_ids)
    for run_id in run_ids:
        shown = (await world.insist(world.executor, f"/runs/{run_id}")).json()
        if shown["status"] == "completed_with_errors" and stage.scenario.ends == "completed":
            stage.outcome.resumed_by_hand += 1
            why = Counter(f"{each['kind']} x {each['count']}" for each in shown["stats"]["errors"])
            lost = f"{shown['stats']['lost_calls']} lost, {shown['stats']['failed_calls']} failed"
            stage.outcome.notes.append(f"{run_id} was resumed by hand: {shown['reason']}: {lost}; {', '.join(why)}")
            await world.insist(world.executor, f"/runs/{run_id}/resume", "POST")
            await _until_over(stage, [run_id])
    deadline = time.monotonic() + ARRIVE_LIMIT_S
    for run_id in run_ids:
        while True:
            here = (await world.insist(world.executor, f"/runs/{run_id}")).json()
            there = (await world.insist(world.telemetry, f"/runs/{run_id}")).json()
            if there.get("status") in OVER and not here["telemetry"]["pending"] and there.get("complete"):
                break
            if time.monotonic() > deadline:
                said = {name: there.get(name) for name in ("status", "last", "complete")}
                raise TimeoutError(f"{run_id}: telemetry has {said}, the executor shows {here['telemetry']}")
            await anyio.sleep(LOOK_EVERY_S)


async def _until_viewers_ended(stage: Stage) -> None:
    deadline = time.monotonic() + VIEWERS_LIMIT_S
    for viewer in stage.world.viewers:
        # It may have been told an end after which the run was resumed.
        viewer.look_again()
    for viewer in stage.world.viewers:
        with anyio.move_on_after(max(0.1, deadline - time.monotonic())):
            await viewer.ended.wait()
        if not viewer.ended.is_set():
            last = viewer.frames[-1].event if viewer.frames else "nothing"
            stage.outcome.broken.append(f"{viewer.name} was not told the end; its last frame is {last}")

"""The faults: each does one thing to a running world, undoes it when its time is over, and is noted with its times."""

import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio

from tests.faults.moody_provider import MOODS
from tests.faults.services import Service
from tests.faults.tcp_proxy import TcpProxy
from tests.faults.timeline import Fault
from tests.faults.world import World

Injury = Callable[[World], Awaitable[None]]
MAIN = "main"
"""The run a person pauses."""

RETURN_LIMIT_S = 45.0
LOOK_EVERY_S = 0.2


async def _kill(world: World, service: Service, number: signal.Signals, kind: str) -> Fault | None:
    """Kill it and wait until it is back; now and then not even that long."""
    if service.pid is None:
        return None
    fault = world.timeline.begin(kind, is_kill=True)
    service.hit(number)
    world.timeline.end(fault)
    if world.chance.random() < 0.85:
        with anyio.move_on_after(RETURN_LIMIT_S):
            await service.ready()
            fault.back_in_s = time.monotonic() - fault.began_s
        world.timeline.end(fault)
    return fault


async def kill_executor(world: World) -> None:
    await _kill(world, world.executor, signal.SIGKILL, "executor killed")


async def end_executor(world: World) -> None:
    await _kill(world, world.executor, signal.SIGTERM, "executor told to stop")


async def kill_telemetry(world: World) -> None:
    await _kill(world, world.telemetry, signal.SIGKILL, "telemetry killed")


async def end_telemetry(world: World) -> None:
    await _kill(world, world.telemetry, signal.SIGTERM, "telemetry told to stop")


async def wipe_telemetry(world: World) -> None:
    world.telemetry.wipe = world.telemetry_store
    number = world.chance.choice((signal.SIGKILL, signal.SIGTERM))
    await _kill(world, world.telemetry, number, "telemetry wiped")


async def kill_worker(world: World) -> None:
    await _hit_worker(world, signal.SIGKILL, "worker killed")


async def stop_worker(world: World) -> None:
    """It is never continued: finding it is the executor's."""
    await _hit_worker(world, signal.SIGSTOP, "worker stopped")


async def _hit_worker(world: World, number: signal.Signals, kind: str) -> None:
    workers = world.workers()
    if not workers:
        return
    with suppress(ProcessLookupError):
        os.kill(world.chance.choice(workers), number)
        fault = world.timeline.begin(kind, is_kill=True)
        await anyio.sleep(0.5)
        world.timeline.end(fault)


async def kill_model_server(world: World) -> None:
    deadline = time.monotonic() + RETURN_LIMIT_S
    servers = world.model_servers()
    while not servers and time.monotonic() < deadline:
        await anyio.sleep(LOOK_EVERY_S)
        servers = world.model_servers()
    if not servers:
        return
    with suppress(ProcessLookupError):
        os.kill(world.chance.choice(servers), signal.SIGKILL)
        world.timeline.end(world.timeline.begin("model server killed", is_kill=True))


async def _stop(world: World, service: Service, kind: str, seconds: float) -> None:
    pid = service.pid
    if pid is None:
        return
    fault = world.timeline.begin(kind)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        try:
            await anyio.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)
            world.timeline.end(fault)


async def freeze_executor(world: World) -> None:
    await _stop(world, world.executor, "executor frozen", world.chance.uniform(0.3, 2.5))


async def freeze_executor_long(world: World) -> None:
    """Long enough to be called silent."""
    await _stop(world, world.executor, "executor frozen", 13.0)


async def freeze_telemetry(world: World) -> None:
    await _stop(world, world.telemetry, "telemetry frozen", world.chance.uniform(0.3, 3.0))


async def _full_disk(world: World, service: Service, kind: str) -> None:
    pid = service.pid
    if pid is None:
        return
    fault = world.timeline.begin(kind)
    with suppress(ProcessLookupError):
        service.files_may_grow(allowed=False)
        try:
            await anyio.sleep(world.chance.uniform(0.5, 3.0))
        finally:
            if service.pid == pid:
                service.files_may_grow(allowed=True)
            world.timeline.end(fault)


async def fill_disk_of_executor(world: World) -> None:
    await _full_disk(world, world.executor, "executor's disk full")


async def fill_disk_of_telemetry(world: World) -> None:
    await _full_disk(world, world.telemetry, "telemetry's disk full")


async def _spoil(world: World, link: TcpProxy, whose: str, ways: tuple[str, ...]) -> None:
    chance, how = world.chance, world.chance.choice(ways)
    fault = world.timeline.begin(f"{whose} {how}")
    seconds = chance.uniform(0.5, 3.0)
    match how:
        case "cut":
            link.cut(reset=chance.random() < 0.5)
            seconds = 0.0
        case "half open":
            link.half_open()
        case "sliced":
            link.up.slice_bytes = link.down.slice_bytes = 1
        case "delayed":
            link.up.delay_s = link.down.delay_s = chance.uniform(0.05, 0.4)
        case "slow":
            link.up.bytes_per_s = link.down.bytes_per_s = chance.uniform(20_000, 200_000)
        case "refused":
            link.refuses = True
            link.cut(reset=True)
        case "502":
            link.answers_502 = True
            link.cut(reset=False)
    try:
        await anyio.sleep(seconds)
    finally:
        link.heal()
        # A hole in a connection ends in time-outs; now and then it ends in a reset first, as behind a restarted router.
        if how == "half open" and chance.random() < 0.7:
            link.cut(reset=True)
        world.timeline.end(fault)


async def spoil_delivery(world: World) -> None:
    ways = ("cut", "half open", "sliced", "delayed", "slow", "refused", "502")
    await _spoil(world, world.link_delivery, "delivery link", ways)


async def spoil_provider_link(world: World) -> None:
    # No 502 here: the provider could not have counted what the proxy answered.
    await _spoil(world, world.link_provider, "provider link", ("cut", "half open", "sliced", "delayed", "slow"))


async def spoil_viewers_link(world: World) -> None:
    ways = ("cut", "half open", "sliced", "delayed", "slow", "refused", "502")
    await _spoil(world, world.link_viewers, "viewers' link", ways)


async def provider_moods(world: World) -> None:
    mood = world.provider.mood
    fault = world.timeline.begin("provider errors")
    mood.trouble, mood.troubles = world.chance.uniform(0.2, 0.5), MOODS
    try:
        await anyio.sleep(world.chance.uniform(0.5, 2.0))
    finally:
        mood.trouble = 0.0
        world.timeline.end(fault)


async def pause_run(world: World) -> None:
    """What a person may do in the middle of all this; the run has to stay paused, and has to go on, only when told to."""
    fault = world.timeline.begin("run paused")
    try:
        await world.ask(world.executor, f"/runs/{MAIN}/pause", "POST")
        await anyio.sleep(world.chance.uniform(0.3, 2.0))
        await world.insist(world.executor, f"/runs/{MAIN}/resume", "POST")
    finally:
        world.timeline.end(fault)

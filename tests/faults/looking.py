"""What both services show of a run while it is played, noted whenever it changes."""

import anyio
import httpx

from tests.faults.timeline import note
from tests.faults.world import World

LOOK_EVERY_S = 0.1


async def look_at_executor(world: World, run_id: str) -> None:
    """Its status, the state of its link to telemetry, and whether it can write; until cancelled."""
    while True:
        answer = await world.ask(world.executor, f"/runs/{run_id}")
        if answer is not None and answer.status_code == httpx.codes.OK:
            shown = answer.json()
            note(world.timeline.link, shown["telemetry"]["link"]["state"])
            note(world.timeline.storage, "ok" if shown["storage"] == "ok" else "trouble")
            note(world.timeline.statuses, shown["status"])
        await anyio.sleep(LOOK_EVERY_S)


async def look_at_telemetry(world: World, run_id: str) -> None:
    """Whether it has heard of the producer lately; until cancelled."""
    while True:
        answer = await world.ask(world.telemetry, f"/runs/{run_id}")
        if answer is not None and answer.status_code == httpx.codes.OK:
            producer = answer.json().get("producer")
            note(world.timeline.producer, producer["state"] if producer else "none")
        await anyio.sleep(LOOK_EVERY_S)

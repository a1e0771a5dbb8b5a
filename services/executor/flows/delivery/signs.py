"""Signs of life: telemetry hears every few seconds that a producer is there, and the executor that telemetry is."""

from collections.abc import Callable, Sequence

import anyio
import structlog

from services.executor.core.delivery.acknowledgement import DELETED, Halt
from services.executor.core.delivery.telemetry_answer import Answer, trouble_of
from services.executor.flows.delivery.delivery import Delivery
from services.executor.flows.delivery.kit import DeliveryKit

SIGN_SOON_S = 1.0
MOST_SIGNS = 256
"""So many runs are spoken for, those under way first; nobody watches more."""

SIGNS_AT_ONCE = 16

log = structlog.get_logger()


async def run_signs(deliveries: Callable[[], Sequence[Delivery]], kit: DeliveryKit) -> None:
    """Every few seconds a question whether telemetry is there, and is the same as before, and a word on each run."""
    while True:
        try:
            await _round(sorted(deliveries(), key=lambda delivery: delivery.finished)[:MOST_SIGNS], kit)
        except Exception as error:
            # The border of the signs: their failure is a missing sign, and must stay one.
            log.exception("a sign of life broke")
            kit.broke(error)
        await anyio.sleep(kit.pace.sign_s)


async def sign_soon(delivery: Delivery, kit: DeliveryKit) -> None:
    """A word on this run now; one that takes long is not waited for."""
    with anyio.move_on_after(SIGN_SOON_S):
        await _sign(delivery, kit)


async def _round(deliveries: Sequence[Delivery], kit: DeliveryKit) -> None:
    # Where nobody answers this one, the others would only wait as long for the same.
    there = await kit.telemetry.probe()
    if not _heard(there, kit):
        return
    life = there.body.get("life")
    if isinstance(life, str):
        kit.link.lives(life)
    places = anyio.CapacityLimiter(SIGNS_AT_ONCE)

    async def one(delivery: Delivery) -> None:
        async with places:
            await _sign(delivery, kit)

    async with anyio.create_task_group() as group:
        for delivery in deliveries:
            group.start_soon(one, delivery)


async def _sign(delivery: Delivery, kit: DeliveryKit) -> bool:
    said = delivery.sign_of_life(kit.clock.now_ms(), kit.ledger.trouble, kit.executor_url)
    answer = await kit.telemetry.sign_of_life(delivery.run_id, said)
    if answer.problem == DELETED:
        if delivery.stopped is None:
            kit.halt(delivery, Halt(f"{DELETED}: {answer.detail}"))
        return True
    return _heard(answer, kit)


def _heard(answer: Answer, kit: DeliveryKit) -> bool:
    trouble = trouble_of(answer)
    if trouble is None:
        kit.link.answered()
        return True
    kit.failed(trouble, with_events=False)
    return False

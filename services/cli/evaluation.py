"""Follow a run that was started here: show it, cancel it when told to, and hand back how it ended."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import anyio

from services.cli.clients.executor_client import ExecutorClient
from services.cli.clients.telemetry_client import telemetry_at
from services.cli.errors import CommandError, ServiceFailed
from services.cli.interrupts import Interrupts
from services.cli.processes.leaving_on import leaving_on
from services.cli.processes.services_up import Running
from services.cli.showing.consoles import Consoles
from services.cli.showing.run_view import RunView
from services.cli.showing.screen import screen_for
from services.cli.watching import Watch, watch
from services.process.exit_codes import UNREACHABLE

Json = dict[str, Any]

_CANCEL_AGAIN_S = 0.5


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """A run that has been started: its id, its page, and where its stream is."""

    run_id: str
    page: str | None
    telemetry_url: str
    preset: str | None = None


def started(answer: Json, *, telemetry_said: str | None, telemetry_default: str, preset: str | None) -> Evaluation:
    """What the executor's answer to a start says. Its page is at telemetry, so the stream is there too, unless said."""
    page = (answer.get("links") or {}).get("page")
    parts = urlsplit(page or "")
    linked = f"{parts.scheme}://{parts.netloc}" if parts.netloc else telemetry_default
    return Evaluation(run_id=answer["run_id"], page=page, telemetry_url=telemetry_said or linked, preset=preset)


async def follow(
    evaluation: Evaluation,
    executor: ExecutorClient,
    shown: Consoles,
    seen: Interrupts,
    running: Running,
    *,
    patience_s: float,
) -> str | None:
    """The status the run was left in; ``None`` when the person insisted on leaving at once.

    Raises the failure of a service that was started for it and died.
    """
    view = RunView(evaluation.run_id, preset=evaluation.preset)
    status: str | None = None
    async with telemetry_at(evaluation.telemetry_url) as telemetry:
        with screen_for(shown) as screen:
            job = Watch(
                telemetry=telemetry,
                executor=executor,
                view=view,
                screen=screen,
                rng=random.Random(),
                patience_s=patience_s,
            )
            async with leaving_on(seen.second, running.executor_lost), anyio.create_task_group() as group:
                group.start_soon(_cancel_when_told, evaluation.run_id, executor, seen.first, shown.note)
                status = await watch(job)
                group.cancel_scope.cancel()
    if status is None and running.executor_lost.is_set():
        raise running.failure("executor") or ServiceFailed("the executor ended")
    return status


async def _cancel_when_told(
    run_id: str, executor: ExecutorClient, told: anyio.Event, say: Callable[[str], None]
) -> None:
    await told.wait()
    say("cancelling the run; Ctrl-C again leaves at once")
    complained = False
    while True:
        try:
            await executor.cancel(run_id)
        except CommandError as error:
            if not complained:
                say(f"the run could not be cancelled yet: {error}")
            complained = True
            if error.exit_code != UNREACHABLE:
                return
            # It may be being started again; whoever has seen enough leaves with a second Ctrl-C.
            await anyio.sleep(_CANCEL_AGAIN_S)
        else:
            return

"""What the executor says of a run while it is watched; one that does not answer says nothing, which is no failure."""

from typing import Any

import anyio

from services.cli.clients.executor_client import ExecutorClient
from services.cli.errors import CommandError
from services.cli.showing.run_view import FINAL

_ANSWER_WITHIN_S = 4.0

Json = dict[str, Any]


class ExecutorsWord:
    """Asks about one run."""

    def __init__(self, executor: ExecutorClient, run_id: str) -> None:
        self._executor = executor
        self._run_id = run_id

    async def of_the_run(self) -> Json | None:
        """The run as the executor shows it, or None: it does not answer in time, or does not know it."""
        with anyio.move_on_after(_ANSWER_WITHIN_S):
            try:
                return await self._executor.run(self._run_id)
            except CommandError:
                # It is asked again soon, and what its absence means for the run is on the screen: no sign of life.
                return None
        return None

    @staticmethod
    def more_is_coming(run: Json, end_seq: int) -> bool:
        """Whether events after this one exist or will: the end telemetry showed is not the last."""
        delivery = run.get("telemetry") or {}
        behind = (delivery.get("pending") or 0) > 0 or (delivery.get("sent") or 0) > end_seq
        return behind or str(run.get("status")) not in FINAL

    @staticmethod
    def is_stopped(run: Json | None) -> bool:
        """Whether telemetry takes no more events of this run, so that its end will never be shown there."""
        return bool(run and (run.get("telemetry") or {}).get("stopped"))

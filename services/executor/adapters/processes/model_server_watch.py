"""Whether the embedded model's server lives, stands still, or only computes: a busy one is slow to answer."""

from dataclasses import dataclass

import anyio
import httpx

from services.executor.adapters.processes.child import Child
from services.executor.adapters.processes.proc_stat import proc_stat


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPatience:
    """How long the server is waited for, counted in our own looks at it."""

    start_limit_s: float = 90.0
    """Loading takes a second; a machine busy with other things takes longer."""
    look_every_s: float = 0.5
    ask_every_s: float = 2.0
    answer_limit_s: float = 5.0
    idle_limit_s: float = 10.0
    """One that answers nothing and computes nothing for this long hangs."""
    busy_limit_s: float = 60.0
    """One that computes on every core may be deaf this long, not longer."""
    idle_share: float = 0.05
    """Less of a core than this is no computing."""


class _Life:
    """What was last seen of a server."""

    def __init__(self) -> None:
        self.deaf_looks = 0
        self.idle_looks = 0

    def answered(self) -> None:
        """It has answered."""
        self.deaf_looks = self.idle_looks = 0


async def watch(child: Child, address: str, patience: ServerPatience) -> str:
    """Return when the server has ended or must be ended, with the reason."""
    life = _Life()
    reason = ""
    async with anyio.create_task_group() as group:
        group.start_soon(_ask, life, address, patience)
        group.start_soon(_end_with, child, group.cancel_scope)
        reason = await _look(child, life, patience)
        group.cancel_scope.cancel()
    return reason or f"it {child.how_it_ended}"


async def _end_with(child: Child, scope: anyio.CancelScope) -> None:
    await child.wait()
    scope.cancel()


async def _look(child: Child, life: _Life, patience: ServerPatience) -> str:
    """Looks at the process; returns why it must be ended."""
    seen = proc_stat(child.pid)
    while True:
        await anyio.sleep(patience.look_every_s)
        before, seen = seen, proc_stat(child.pid)
        if seen is not None and seen.is_stopped:
            return "it was stopped by a signal and could do nothing"
        computed_s = seen.cpu_s - before.cpu_s if seen is not None and before is not None else 0.0
        life.deaf_looks += 1
        life.idle_looks = 0 if computed_s >= patience.idle_share * patience.look_every_s else life.idle_looks + 1
        if life.idle_looks * patience.look_every_s >= patience.idle_limit_s:
            return f"it answered nothing and computed nothing for {patience.idle_limit_s:g} s"
        if life.deaf_looks * patience.look_every_s >= patience.busy_limit_s:
            return f"it answered nothing for {patience.busy_limit_s:g} s"


async def _ask(life: _Life, address: str, patience: ServerPatience) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=patience.answer_limit_s) as client:
        while True:
            await anyio.sleep(patience.ask_every_s)
            try:
                if (await client.get(f"{address}/models")).is_success:
                    life.answered()
            except (httpx.HTTPError, httpx.InvalidURL):
                # No answer; how long that has been is counted where the process is looked at.
                continue

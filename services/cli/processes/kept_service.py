"""A service that is kept up: started, and started again when it dies, until it is told to stop or is given up."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import anyio

from services.cli.errors import ServiceFailed
from services.cli.processes.given_up import given_up_text, last_word
from services.cli.processes.leaving_on import leaving_on
from services.cli.processes.service_process import ServicePlan, ServiceProcess, launch
from services.process.exit_codes import HELD, STORAGE

DEATHS_BORNE = 5
"""So many deaths within ``DEATHS_WITHIN_S``, and it is given up."""

DEATHS_WITHIN_S = 60.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 8.0
AGAIN_AFTER_S = 30.0
"""So long after it was given up, one that may be tried again is."""

FOLDER_PATIENCE_S = 10.0
"""So long a service that is just ending may still hold the data folder."""

Launch = Callable[[ServicePlan, Mapping[str, str], Callable[[str], None]], Awaitable[ServiceProcess]]


@dataclass(kw_only=True)
class KeptService:
    """One service. ``tell`` gets each line it logs and word of each death and return.

    ``ready`` is set when it could be used for the first time. ``lost`` is set when it is given up for the first time;
    ``failure`` says why, while it is. ``again_after_s``: a service that was there once and is given up is tried again
    every so many seconds; None: never. ``on_given_up`` is called each time it is given up.
    ``after_another``: another process, which is just ending, may hold its data folder for a moment.
    """

    plan: ServicePlan
    environment: Mapping[str, str]
    tell: Callable[[str], None]
    hurry: anyio.Event
    after_another: bool = False
    again_after_s: float | None = None
    on_given_up: Callable[[], None] = field(default=lambda: None)
    launch: Launch = launch
    ready: anyio.Event = field(default_factory=anyio.Event)
    lost: anyio.Event = field(default_factory=anyio.Event)
    failure: ServiceFailed | None = None
    _stopping: anyio.Event = field(default_factory=anyio.Event)
    _done: anyio.Event = field(default_factory=anyio.Event)
    _deaths_s: list[float] = field(default_factory=list)

    async def keep(self) -> None:
        """Return when it was told to stop and has ended, or when it is given up for good."""
        begun_s = anyio.current_time()
        try:
            while not self._stopping.is_set():
                failure = await self._one_life()
                if self._stopping.is_set():
                    return
                if self._is_borne(failure, begun_s):
                    pause_s = self._pause_s()
                    if self.ready.is_set():
                        self.tell(f"{failure}; it is started again")
                else:
                    self._give_up(failure)
                    if not self.ready.is_set() or self.again_after_s is None:
                        return
                    pause_s = self.again_after_s
                async with leaving_on(self._stopping):
                    await anyio.sleep(pause_s)
        finally:
            self._done.set()

    async def until_ready(self) -> None:
        """Return when it can be used; raises ``ServiceFailed`` when it did not come up."""
        async with leaving_on(self.lost):
            await self.ready.wait()
        if self.failure is not None:
            raise self.failure

    async def stop(self) -> None:
        """End it, and wait until it has ended: it drains, shortly where ``hurry`` is set."""
        self._stopping.set()
        with anyio.CancelScope(shield=True):
            await self._done.wait()

    async def _one_life(self) -> ServiceFailed:
        service = await self.launch(self.plan, self.environment, self.tell)
        late: list[ServiceFailed] = []
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._stop_when_told, service)
                group.start_soon(self._greet, service, late)
                await service.attend()
                group.cancel_scope.cancel()
        finally:
            if service.process.returncode is None:
                await service.stop(self.hurry)
            await service.close()
        return late[0] if late else service.failure()

    async def _stop_when_told(self, service: ServiceProcess) -> None:
        await self._stopping.wait()
        await service.stop(self.hurry)

    async def _greet(self, service: ServiceProcess, late: list[ServiceFailed]) -> None:
        try:
            await service.until_ready()
        except ServiceFailed as error:
            if not service.died.is_set():
                late.append(error)
                await service.stop(self.hurry)
            return
        if self._deaths_s or self.failure is not None:
            self.tell(f"{self.plan.spoken} is back")
        self.failure = None
        self.ready.set()

    def _is_borne(self, failure: ServiceFailed, begun_s: float) -> bool:
        """Whether it may be started again, soon, after this death."""
        now_s = anyio.current_time()
        if not self.ready.is_set():
            return self.after_another and failure.exit_code == HELD and now_s - begun_s < FOLDER_PATIENCE_S
        self._deaths_s = [*(at_s for at_s in self._deaths_s if now_s - at_s < DEATHS_WITHIN_S), now_s]
        # One that was given up has one try at a time, and data that cannot be used does not mend itself in seconds.
        return self.failure is None and failure.exit_code != STORAGE and len(self._deaths_s) < DEATHS_BORNE

    def _pause_s(self) -> float:
        return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** max(0, len(self._deaths_s) - 1)))

    def _give_up(self, failure: ServiceFailed) -> None:
        deaths = len(self._deaths_s) if self.ready.is_set() and self.failure is None else 0
        self.failure = last_word(self.plan.spoken, failure, deaths)
        self._deaths_s.clear()
        self.lost.set()
        if self.ready.is_set() and self.again_after_s is not None:
            self.tell(given_up_text(self.plan.name, self.failure, self.again_after_s))
        self.on_given_up()

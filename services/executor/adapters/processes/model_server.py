"""The embedded model's server: started when first needed, watched, started again if it dies, ended with us."""

import sys
from collections.abc import Mapping

import anyio
import anyio.abc
import msgspec
import structlog
from anyio.abc import TaskGroup
from anyio.streams.buffered import BufferedByteReceiveStream

from services.executor.adapters.processes.child import Child, open_child, types_of
from services.executor.adapters.processes.child_record import ChildRecord
from services.executor.adapters.processes.model_server_watch import ServerPatience, watch
from services.executor.core.limits.retry import Backoff
from services.executor.errors import LocalModelError

COMMAND = (sys.executable, "-P", "-m", "fpf", "local-server", "--port", "0")
_RESTART = Backoff(base_s=0.5, longest_s=15.0)
_LIVED_S = 10.0
"""A server that lived this long did not die of its start."""

_GREETING_BYTES = 64 * 1024

log = structlog.get_logger()


class _Greeting(msgspec.Struct):
    base_url: str


class ModelServer:
    """One server process while ``group`` lives."""

    def __init__(
        self,
        *,
        group: TaskGroup,
        environ: Mapping[str, str],
        command: tuple[str, ...] = COMMAND,
        patience: ServerPatience | None = None,
        record: ChildRecord | None = None,
    ) -> None:
        self._group = group
        self._environ = environ
        self._command = command
        self._patience = patience or ServerPatience()
        self._record = record
        self._starting = anyio.Lock()
        self._address: str | None = None
        self._trouble: str | None = None
        self._starts = 0
        self._failures = 0
        self._not_before_s = 0.0
        self._gone = anyio.Event()
        self._gone.set()
        self.deaths = 0

    @property
    def address(self) -> str | None:
        """Where it is, None while it is not there."""
        return self._address

    @property
    def trouble(self) -> str | None:
        """Why it is not there although it was wanted, or None."""
        return None if self._address is not None else self._trouble

    async def base_url(self) -> str:
        """Its address; starts it when it is not there, after a pause if it has just died. Raises ``LocalModelError``."""
        starts = self._starts
        async with self._starting:
            if self._address is not None:
                return self._address
            if starts != self._starts:
                # Somebody has tried while we waited for our turn: one start answers all who wanted it.
                raise self._error()
            # Two at once would need the memory of two.
            await self._gone.wait()
            await anyio.sleep_until(self._not_before_s)
            self._starts += 1
            address: str | None = await self._group.start(self._run)
            if address is None:
                raise self._error()
            return address

    def _error(self) -> LocalModelError:
        return LocalModelError(f"the embedded model's server is not there: {self._trouble}")

    async def _run(self, *, task_status: anyio.abc.TaskStatus[str | None]) -> None:
        began_s = anyio.current_time()
        try:
            child = await open_child(self._command, self._environ, who="the embedded model", record=self._record)
        except OSError as error:
            self._fail(f"it could not be started: {error.strerror}", began_s)
            task_status.started(None)
            return
        self._gone = anyio.Event()
        address, reason = None, "it was ended"
        ended_by_itself = False
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(child.words.listen)
                address, reason = await _greeting(child, self._patience.start_limit_s)
                if address is not None:
                    child.words.is_ready = True
                    self._address = address
                    task_status.started(address)
                    reason = await watch(child, address, self._patience)
                group.cancel_scope.cancel()
            ended_by_itself = True
        except Exception as error:  # noqa: BLE001 - the border of the server: an error of ours costs it, not the service
            reason = f"an error in the executor: {types_of(error)}"
            ended_by_itself = True
        finally:
            if ended_by_itself and address is not None:
                self._fail(reason, began_s)
            self._address = None
            await child.end()
            if ended_by_itself and address is None:
                last = child.words.last
                self._fail(f"{reason} ({last})" if last else reason, began_s)
            self._gone.set()
        if address is None:
            task_status.started(None)

    def _fail(self, reason: str, began_s: float) -> None:
        now_s = anyio.current_time()
        self._trouble = reason
        self.deaths += 1
        self._failures = 1 if now_s - began_s > _LIVED_S else self._failures + 1
        wait_s = _RESTART.wait_s(self._failures, 1.0)
        self._not_before_s = now_s + wait_s
        log.warning("the embedded model's server is gone", reason=reason, next_start_in_s=wait_s)


async def _greeting(child: Child, limit_s: float) -> tuple[str | None, str]:
    """The server's address, or why there is none."""
    try:
        with anyio.fail_after(limit_s):
            line = await BufferedByteReceiveStream(child.stdout).receive_until(b"\n", _GREETING_BYTES)
        return msgspec.json.decode(line, type=_Greeting).base_url, ""
    except TimeoutError:
        return None, f"it was not ready within {limit_s:g} s"
    except (anyio.IncompleteRead, anyio.EndOfStream):
        # Its output ends a moment before the system says how it ended.
        with anyio.move_on_after(limit_s):
            await child.wait()
        return None, f"it {child.how_it_ended}"
    except (anyio.DelimiterNotFound, msgspec.MsgspecError, UnicodeDecodeError):
        return None, "it did not say where it is"

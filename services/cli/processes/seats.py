"""Where a service shall be: whether its place is free, taken by one of ours, or by something else."""

from collections.abc import Callable
from dataclasses import dataclass

import anyio

from services.cli.clients.addresses import local
from services.cli.clients.http_service import connect
from services.cli.errors import Unreachable
from services.cli.processes.find_services import EXECUTOR_MARK, TELEMETRY_MARK, Found, who_answers
from services.cli.processes.port_holder import (
    command_of,
    free_port,
    holding_pid,
    is_taken,
    parent_of,
    port_taken,
)
from services.cli.processes.spoken import SPOKEN
from shared import paths

_MARKS = {"executor": EXECUTOR_MARK, "telemetry": TELEMETRY_MARK}

ENDING_LIMIT_S = 30.0
"""A service that is ending drains for 25 s at most."""

_LOOK_EVERY_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Seat:
    """``free``: a service is to be started there; else one of ours is there already. ``waited``: one has just ended."""

    name: str
    url: str
    port: int
    free: bool
    waited: bool = False


async def find_seat(name: str, host: str, port: int, tell: Callable[[str], None], *, reuse: bool) -> Seat:
    """The service's place; one that is just ending there is waited for.

    Raises ``Unreachable`` where something else is, or one of ours that may not be used (``reuse``).
    """
    port = port or free_port(host)
    url, waited = local(port, host), False
    with anyio.move_on_after(ENDING_LIMIT_S):
        while is_taken(host, port):
            found = await who_answers(url, _MARKS[name])
            if found is Found.OTHER and is_taken(host, port):
                raise port_taken(SPOKEN[name], port, f"--{name}-port (or ACM2_{name.upper()}_PORT)")
            if found is Found.OURS and await _is_ready(url):
                break
            if not waited:
                tell(f"{SPOKEN[name]} at {url} is just starting or ending; waiting for it")
            waited = True
            await anyio.sleep(_LOOK_EVERY_S)
    if not is_taken(host, port):
        return Seat(name=name, url=url, port=port, free=True, waited=waited)
    if reuse:
        return Seat(name=name, url=url, port=port, free=False)
    raise _runs_already(name, url, port)


def _runs_already(name: str, url: str, port: int) -> Unreachable:
    pid = holding_pid(port)
    parent = parent_of(pid) if pid is not None else None
    keeper = f", kept up by process {parent}" if parent and "serve" not in command_of(parent) and parent > 1 else ""
    process = f" (process {pid}{keeper})" if pid is not None else ""
    return Unreachable(
        f"{SPOKEN[name]} runs already at {url}{process}.\n"
        "Use it as it is: acm2 run, acm2 watch and acm2 runs find it there. To start anew, end it first: Ctrl-C in its "
        "terminal.\nFor a second pair beside it: acm2 up --executor-port 0 --telemetry-port 0 --data-dir FOLDER"
    )


async def _is_ready(url: str) -> bool:
    async with connect("a service", url) as service:
        try:
            return (await service.raw(paths.HEALTH_READY)).is_success
        except Unreachable:
            return False

"""The paths that nearly all requests and all viewers are for, found without the router.

The router and its error handling cost a third of a small POST, and hold 4 KiB of frames for every open stream.
"""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from services.process.problem import Problem
from services.telemetry.errors import StoreError
from services.telemetry.web.answers import store_problem
from services.telemetry.web.by_method import ByMethod
from services.telemetry.web.faults import Faults

_PLACEHOLDER = "{run_id}"


class HotPaths:
    """ASGI: endpoints for paths like ``/runs/{run_id}/events``; everything else is the application's."""

    def __init__(self, app: ASGIApp, endpoints: Mapping[str, ByMethod], faults: Faults) -> None:
        self._app = app
        self._faults = faults
        self._prefix = next(iter(endpoints)).partition(_PLACEHOLDER)[0]
        self._endpoints = {path.partition(_PLACEHOLDER)[2]: endpoint for path, endpoint in endpoints.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        run_id, slash, rest = path.removeprefix(self._prefix).partition("/")
        methods = self._endpoints.get(slash + rest) if path.startswith(self._prefix) else None
        if methods is None:
            await self._app(scope, receive, send)
            return
        endpoint = methods.endpoints.get(scope["method"], methods)
        scope["path_params"] = {"run_id": run_id}
        try:
            await endpoint(scope, receive, send)
        except Problem as problem:
            await problem(scope, receive, send)
        except StoreError as error:
            await store_problem(error)(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the border to the server: counted, logged, answered
            await self._faults.send(error, scope, receive, send)

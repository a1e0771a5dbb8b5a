"""One path, an endpoint for each method; any other method is told which there are."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from services.process.problem import Problem


class ByMethod:
    """``endpoints`` by method; ``GET`` answers ``HEAD``, too."""

    def __init__(self, endpoints: Mapping[str, ASGIApp]) -> None:
        self.endpoints = dict(endpoints)
        if "GET" in self.endpoints:
            self.endpoints.setdefault("HEAD", self.endpoints["GET"])
        self._allow = ", ".join(sorted(self.endpoints))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self.endpoints.get(scope["method"])
        if endpoint is not None:
            await endpoint(scope, receive, send)
            return
        response = Problem("method-not-allowed", f"{scope['method']} is not for this path: {self._allow}").response()
        response.headers["Allow"] = self._allow
        await response(scope, receive, send)

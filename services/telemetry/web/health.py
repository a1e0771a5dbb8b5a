"""Probes: ``/health/live`` says the process turns, ``/health/ready`` that it takes events and viewers."""

from starlette.types import Receive, Scope, Send

from services.process.problem import Problem
from services.telemetry.web.answers import send_facts
from services.telemetry.web.parts import Parts


class Live:
    """The endpoint of ``/health/live``."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send_facts(send, {"status": "live", "build": self._parts.build})


class Ready:
    """The endpoint of ``/health/ready``."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        if self._parts.hub.draining:
            raise Problem("unavailable", "this service is going away")
        failing = self._parts.committer.failing
        if failing is not None:
            raise Problem("unavailable", f"events cannot be stored: {failing}")
        await send_facts(send, {"status": "ready", "build": self._parts.build})

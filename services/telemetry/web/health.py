"""Probes: ``/health/live`` says the process turns, ``/health/ready`` that it takes events and viewers."""

from starlette.types import Receive, Scope, Send

from services.process.problem import Problem
from services.telemetry.web.answers import send_facts
from services.telemetry.web.parts import Parts
from shared.limits import CONTRACT_VERSION


class Live:
    """The endpoint of ``/health/live``."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        parts = self._parts
        facts = {"status": "live", "build": parts.build, "contract": CONTRACT_VERSION, "life": parts.life}
        await send_facts(send, facts)


class Ready:
    """The endpoint of ``/health/ready``."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        if self._parts.hub.draining:
            raise Problem("unavailable", "this service is going away")
        if self._parts.storage.error is not None:
            raise Problem("unavailable", f"events cannot be stored: {self._parts.storage.word}")
        if self._parts.canary.failing is not None:
            raise Problem("unavailable", f"the service's test of itself fails: {self._parts.canary.failing}")
        await send_facts(send, {"status": "ready", "build": self._parts.build, "contract": CONTRACT_VERSION})

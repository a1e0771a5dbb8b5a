"""Telemetry over HTTP. What the network does comes back as an answer, never as an exception."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import httpx

from services.executor.core.acknowledgement import Answer
from shared.paths import EVENTS, PRODUCER, fill

CONNECT_LIMIT_S = 3.0
ANSWER_LIMIT_S = 20.0
_NDJSON = {"Content-Type": "application/x-ndjson"}
_JSON_TYPES = ("application/json", "application/problem+json")


class HttpTelemetry:
    """One telemetry service."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def post(self, run_id: str, body: bytes) -> Answer:
        """Events as NDJSON."""
        try:
            response = await self._client.post(fill(EVENTS, run_id=run_id), content=body, headers=_NDJSON)
        except httpx.HTTPError as error:
            return Answer(status=0, detail=f"telemetry cannot be reached ({type(error).__name__})")
        return _answer(response)

    async def sign_of_life(self, run_id: str, sign: Mapping[str, Any]) -> bool:
        """Whether it was taken."""
        try:
            response = await self._client.put(fill(PRODUCER, run_id=run_id), json=sign)
        except httpx.HTTPError:
            return False
        return response.is_success


def _answer(response: httpx.Response) -> Answer:
    body: Any = None
    if response.headers.get("content-type", "").split(";")[0] in _JSON_TYPES:
        try:
            body = response.json()
        except ValueError:
            body = None
    if not isinstance(body, dict):
        body = {}
    problem = str(body.get("type", "")).rstrip("/").rpartition("/")[2]
    return Answer(
        status=response.status_code,
        problem=problem if response.status_code >= HTTPStatus.BAD_REQUEST else "",
        detail=str(body.get("detail", ""))[:300],
        body=body,
        retry_after_s=_seconds(response.headers.get("retry-after")),
    )


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() else None


@asynccontextmanager
async def open_telemetry(base_url: str) -> AsyncIterator[HttpTelemetry]:
    """The telemetry service at this address; nothing is sent yet."""
    timeout = httpx.Timeout(ANSWER_LIMIT_S, connect=CONNECT_LIMIT_S)
    async with httpx.AsyncClient(base_url=base_url, timeout=timeout, trust_env=False) as client:
        yield HttpTelemetry(client)

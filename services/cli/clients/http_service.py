"""One service over HTTP: JSON in, JSON out, every failure a ``CommandError`` that says what to do next."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import httpx

from services.cli.clients.addresses import is_local
from services.cli.clients.problem_text import refusal
from services.cli.errors import Unreachable

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 30.0
CANCEL_TIMEOUT_S = 60.0
"""A cancel is answered when the run's children are gone."""

WORK_TIMEOUT_S = 120.0
"""What is worked out from a whole run (results, comparisons, exports) may take so long to begin."""

NDJSON = "application/x-ndjson"

Params = Mapping[str, str | list[str]]
"""A query; a list is the same name several times."""


class HttpService:
    """Requests to one base URL; ``name`` is what messages call it: ``the executor``, ``telemetry``."""

    def __init__(self, client: httpx.AsyncClient, name: str, base_url: str) -> None:
        self._client = client
        self.name = name
        self.base_url = base_url

    async def get(self, path: str, params: Params | None = None, *, timeout_s: float = READ_TIMEOUT_S) -> Any:
        """The JSON at the path; raises ``Refused`` or ``Unreachable``."""
        return _json(self, await self._ask("GET", path, params=params, timeout=_timeout(timeout_s)))

    async def text(self, path: str) -> str:
        """The text at the path; raises ``Refused`` or ``Unreachable``."""
        return (await self._ask("GET", path)).text

    async def parts(self, path: str, params: Params) -> AsyncIterator[bytes]:
        """The body at the path as it comes, however large; raises ``Refused`` or ``Unreachable``."""
        try:
            async with self.stream(path, params=params, headers={}, silence_s=WORK_TIMEOUT_S) as response:
                if response.status_code >= HTTPStatus.BAD_REQUEST:
                    raise refusal(self.name, response.status_code, await response.aread())
                async for part in response.aiter_bytes():
                    yield part
        except httpx.HTTPError as error:
            raise unreachable(self.name, self.base_url, error) from error

    async def put(self, path: str, body: bytes, content_type: str) -> bool:
        """Put the bytes there; whether it is new. Raises ``Refused`` or ``Unreachable``."""
        answer = await self._ask("PUT", path, content=body, headers={"Content-Type": content_type})
        return answer.status_code == HTTPStatus.CREATED

    async def post(self, path: str, body: Any = None, *, timeout_s: float = READ_TIMEOUT_S) -> Any:
        """The JSON answer to a POST; raises ``Refused`` or ``Unreachable``."""
        return _json(self, await self._ask("POST", path, json=body, timeout=_timeout(timeout_s)))

    async def raw(self, path: str) -> httpx.Response:
        """The answer as it is, whatever its status; raises ``Unreachable``."""
        try:
            return await self._client.get(self.base_url + path)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable(self.name, self.base_url, error) from error

    async def redirect(self, path: str) -> str:
        """Where the path leads to, or nothing where it leads nowhere else; raises ``Unreachable``."""
        try:
            response = await self._client.get(self.base_url + path, follow_redirects=False)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable(self.name, self.base_url, error) from error
        return str(response.headers.get("location", ""))

    async def delete(self, path: str) -> None:
        """Delete; what is gone already stays gone. Raises ``Refused`` or ``Unreachable``."""
        await self._ask("DELETE", path)

    async def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            response = await self._client.request(method, self.base_url + path, **options)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable(self.name, self.base_url, error) from error
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise refusal(self.name, response.status_code, response.content)
        return response

    @asynccontextmanager
    async def stream(
        self, path: str, *, params: Params, headers: dict[str, str], silence_s: float | None
    ) -> AsyncIterator[httpx.Response]:
        """An open answer, whatever its status; httpx's own errors come through, ``silence_s`` bounds each wait."""
        async with self._client.stream(
            "GET", self.base_url + path, params=params, headers=headers, timeout=_timeout(silence_s)
        ) as response:
            yield response


@asynccontextmanager
async def connect(name: str, base_url: str) -> AsyncIterator[HttpService]:
    """A client for one service; nothing is sent yet."""
    async with httpx.AsyncClient(
        timeout=_timeout(READ_TIMEOUT_S), trust_env=not is_local(base_url), follow_redirects=True
    ) as client:
        yield HttpService(client, name, base_url)


def unreachable(name: str, base_url: str, error: Exception) -> Unreachable:
    """The error for a service that does not answer, with what to do about it."""
    advice = "start both services with: acm2 up" if is_local(base_url) else "check the address and the network"
    return Unreachable(f"{name} at {base_url} does not answer ({why(error)}); {advice}")


def why(error: Exception) -> str:
    """A transport error in a few words."""
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return f"no connection within {CONNECT_TIMEOUT_S:.0f} s"
    if isinstance(error, httpx.TimeoutException):
        return "no sign of life in time"
    if isinstance(error, httpx.ConnectError):
        return "cannot connect"
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return "the connection broke"
    return str(error) or type(error).__name__


def _timeout(read_s: float | None) -> httpx.Timeout:
    return httpx.Timeout(read_s, connect=CONNECT_TIMEOUT_S, pool=CONNECT_TIMEOUT_S)


def _json(service: HttpService, response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise Unreachable(
            f"what answers at {service.base_url} is not {service.name}: {response.request.url.path} is not JSON"
        ) from error

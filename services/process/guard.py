"""Who may ask what: known hosts only, no foreign web page may change anything, chosen ones may read.

Source: CONTRACT section 8. A browser cannot leave out ``Host`` and ``Origin``, so a page of a stranger (also one that
rebinds its name to this address) is told no before any route is reached.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.process.problem import Problem
from shared.paths import RECEIPTS, fill

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_EXEMPT = ("/health/", "/metrics")
_OPEN = "/static/"
_REMEMBERED_HOSTS = 1000
_AUTHORITY = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_RECEIPTS = re.compile(fill(RECEIPTS, run_id="[^/]+"))
_CORS_HEADERS = "Last-Event-ID, Content-Type, Accept, Authorization"
_EXPOSED = "Position, Run-Ended, Location"


def is_loopback(host: str) -> bool:
    """Whether the name or address is this machine's own."""
    bare = host.strip("[]")
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def host_of(value: str) -> str:
    """The host of a ``Host`` header, lower case, without the port or brackets; empty where it is none."""
    # Nothing lenient: a URL reader takes what stands after an @ for the host, others what stands before it.
    found = _AUTHORITY.fullmatch(value)
    return found["host"].strip("[]").lower() if found else ""


@dataclass(frozen=True, kw_only=True)
class Door:
    """What the guard lets in: host names besides loopback, and origins (``None``: the loopback ones and ``also``)."""

    hosts: frozenset[str]
    cors_origins: frozenset[str] | None = None
    also: frozenset[str] = frozenset()
    cors_writes: bool = False

    def knows_host(self, header: str) -> bool:
        """Whether a request for this ``Host`` is meant for us."""
        host = host_of(header)
        return is_loopback(host) or host in self.hosts

    def knows_origin(self, origin: str, own_host: str) -> bool:
        """Whether a page of this origin is ours or a chosen one."""
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        if parts.scheme in {"http", "https"} and parts.netloc.lower() == own_host.lower():
            return True
        if self.cors_origins is not None:
            return origin in self.cors_origins
        return origin in self.also or (parts.scheme in {"http", "https"} and is_loopback(parts.hostname or ""))


class Guard:
    """ASGI middleware that keeps the door."""

    def __init__(self, app: ASGIApp, *, door: Door) -> None:
        self._app = app
        self._door = door
        self._known_hosts: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_EXEMPT):
            await self._app(scope, receive, send)
            return
        host, origin = _host_and_origin(scope)
        if host not in self._known_hosts:
            if not self._door.knows_host(host):
                await _refuse(f"unknown host {host[:100]!r}: name it in ACM2_ALLOWED_HOSTS")(scope, receive, send)
                return
            # Bounded: a known host comes with few ports.
            if len(self._known_hosts) < _REMEMBERED_HOSTS:
                self._known_hosts.add(host)
        if origin is None:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        known = self._door.knows_origin(origin, host)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await self._preflight(scope, known=known)(scope, receive, send)
            return
        if scope["method"] not in _SAFE and not known:
            refusal = _refuse(f"a page of {origin[:100]!r} may not change anything here: name it in ACM2_CORS_ORIGINS")
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, _with_cors(send, _allowed(scope, origin, known=known)))

    def _preflight(self, scope: Scope, *, known: bool) -> Response:
        headers = Headers(scope=scope)
        wanted = headers["access-control-request-method"]
        allowed = wanted in _SAFE or self._door.cors_writes or _RECEIPTS.fullmatch(scope["path"]) is not None
        origin = _allowed(scope, headers["origin"], known=known)
        if origin is None or not allowed:
            return _refuse(f"a page of {headers['origin'][:100]!r} may not {wanted} here").response()
        return Response(
            status_code=204,
            headers={
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Methods": "GET, HEAD, POST",
                "Access-Control-Allow-Headers": _CORS_HEADERS,
                "Access-Control-Max-Age": "600",
                "Vary": "Origin",
            },
        )


def _host_and_origin(scope: Scope) -> tuple[str, str | None]:
    host, origin = "", None
    for name, value in scope["headers"]:
        if name == b"host":
            host = value.decode("latin-1")
        elif name == b"origin":
            origin = value.decode("latin-1")
    return host, origin


def _allowed(scope: Scope, origin: str, *, known: bool) -> str | None:
    if scope["path"].startswith(_OPEN):
        return "*"
    return origin if known else None


def _refuse(detail: str) -> Problem:
    return Problem("forbidden", detail)


def _with_cors(send: Send, origin: str | None) -> Send:
    if origin is None:
        return send

    async def send_with_cors(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = _EXPOSED
            headers.add_vary_header("Origin")
        await send(message)

    return send_with_cors

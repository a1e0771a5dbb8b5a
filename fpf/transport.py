"""Sends one HTTP request, once, and says exactly what became of it. The only file that knows an HTTP library.

httpx's transport interface is used without httpx's client around it: the client would add redirects, cookies and
logging that are not wanted here, and half again as much CPU to a call. aiohttp, which does the work underneath,
repeats a request on a dropped connection only for methods that are safe to repeat; POST is not one of them.
"""

import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from fpf.abort import Abort
from fpf.wire import HttpCall, HttpReply
from shared.failures import FailureKind, Sent
from shared.llm_call import MAX_ANSWER_BYTES, LlmFailure

CONNECT_TIMEOUT_S = 30.0
"""The longest wait for a connection; the call's own deadline may be shorter."""

# Shorter than the idle timeout of the usual gateways, so that it is us who close a connection nobody uses.
_KEEP_ALIVE_S = 15.0
_MAX_KNOWN_URLS = 256


class _Body(httpx.AsyncByteStream):
    """The request's body, which knows whether it was handed out: it is taken when the connection stands, not before."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.written = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.written = True
        yield self._content


class HttpSender:
    """Sends calls over one pool of connections. ``clock`` gives seconds since 1970."""

    def __init__(self, transport: httpx.AsyncBaseTransport, clock: Callable[[], float]) -> None:
        self._transport = transport
        self._clock = clock
        self._urls: dict[str, httpx.URL] = {}

    async def send(self, call: HttpCall, abort: Abort) -> HttpReply | LlmFailure:
        """One request and its whole answer, or why there is none.

        ``sent`` is ``no`` while the body had not been handed to a connection, ``yes`` from the first byte of an
        answer on, ``maybe`` in between. Never sends twice and follows no redirect.
        """
        body = _Body(call.body)
        sent: Sent = "no"
        with abort.within(call.timeout_s):
            try:
                response = await self._transport.handle_async_request(self._request(call, body))
            except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError) as error:
                return _no_answer(error, written=body.written)
            sent = "yes"
            try:
                return await self._read(response)
            except httpx.DecodingError:
                message = "the answer is packed in a way that cannot be unpacked"
                return LlmFailure(kind=FailureKind.SERVER, message=message, sent="yes", status=response.status_code)
            except (httpx.HTTPError, httpx.StreamError, aiohttp.ClientError, OSError) as error:
                message = f"the answer broke off ({type(error.__cause__ or error).__name__})"
                return LlmFailure(kind=FailureKind.CONNECTION, message=message, sent="yes", status=response.status_code)
        if sent == "no" and body.written:
            sent = "maybe"
        return abort.failure(sent)

    def _request(self, call: HttpCall, body: _Body) -> httpx.Request:
        url = self._urls.get(call.url)
        if url is None:
            if len(self._urls) >= _MAX_KNOWN_URLS:
                self._urls.clear()
            url = self._urls[call.url] = httpx.URL(call.url)
        headers = {**call.headers, "Content-Length": str(len(call.body))}
        extensions = {"timeout": {"connect": CONNECT_TIMEOUT_S}}
        return httpx.Request("POST", url, headers=headers, stream=body, extensions=extensions)

    async def _read(self, response: httpx.Response) -> HttpReply | LlmFailure:
        try:
            body = await _whole_body(response)
        finally:
            await response.aclose()
        if body is None:
            message = f"the answer is larger than {MAX_ANSWER_BYTES} bytes"
            return LlmFailure(kind=FailureKind.SERVER, message=message, sent="yes", status=response.status_code)
        return HttpReply(
            status=response.status_code,
            headers={} if response.status_code == 200 else dict(response.headers),
            body=body,
            received_at_s=self._clock(),
        )


async def _whole_body(response: httpx.Response) -> bytes | None:
    """The body, or ``None`` as soon as it is larger than allowed."""
    chunks: list[bytes] = []
    size_bytes = 0
    async for chunk in response.aiter_bytes():
        size_bytes += len(chunk)
        if size_bytes > MAX_ANSWER_BYTES:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


@asynccontextmanager
async def open_sender(
    clock: Callable[[], float], transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[HttpSender]:
    """A sender, closed at the end with its connections. Tests bring their own ``transport``."""
    if transport is not None:
        yield HttpSender(transport, clock)
        return
    context = httpx.create_ssl_context()
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_S, ssl=context)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        trust_env=False,
    ) as session:
        yield HttpSender(AiohttpTransport(verify=context, client=session), clock)


def _no_answer(error: Exception, *, written: bool) -> LlmFailure:
    """The failure of a request that got no usable answer at all."""
    cause = error.__cause__ or error
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)):
        return LlmFailure(kind=FailureKind.BAD_REQUEST, message="the provider's address is no URL", sent="no")
    if isinstance(cause, ssl.SSLCertVerificationError | aiohttp.ClientConnectorCertificateError):
        message = "the provider's certificate could not be verified"
        return LlmFailure(kind=FailureKind.CONNECTION, message=message, sent="no")
    if not written:
        message = f"no connection to the provider: {_why_not_connected(cause)}"
        return LlmFailure(kind=FailureKind.CONNECTION, message=message, sent="no")
    if isinstance(cause, aiohttp.ClientResponseError | aiohttp.http_exceptions.HttpProcessingError):
        message = "the provider answered with something that is not HTTP"
        return LlmFailure(kind=FailureKind.SERVER, message=message, sent="yes")
    if isinstance(cause, aiohttp.ServerDisconnectedError) and not isinstance(cause.message, str):
        # What it carries instead of words is the beginning of an answer's head.
        return LlmFailure(kind=FailureKind.CONNECTION, message="the answer broke off in its head", sent="yes")
    message = f"the connection ended before any answer ({type(cause).__name__})"
    return LlmFailure(kind=FailureKind.CONNECTION, message=message, sent="maybe")


def _why_not_connected(cause: BaseException) -> str:
    """The system's own words ("Connection refused"). Never the exception's: it may quote headers, and a key in them."""
    error = cause.os_error if isinstance(cause, aiohttp.ClientConnectorError) else cause
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    if isinstance(error, socket.gaierror) and error.strerror:
        return error.strerror
    return type(error).__name__

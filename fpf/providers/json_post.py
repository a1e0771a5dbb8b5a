"""One POST of JSON: the headers every provider gets, and where its own key goes."""

from collections.abc import Mapping
from typing import Any

import msgspec

from fpf.endpoints import Endpoint
from fpf.wire import HttpCall

_encoder = msgspec.json.Encoder()

_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    # An answer is small; unpacking it costs more than it saves, and the limit on its size stays simple.
    "Accept-Encoding": "identity",
    "User-Agent": "acm2-fpf",
}


def json_post(
    endpoint: Endpoint,
    path: str,
    body: Mapping[str, Any],
    *,
    timeout_s: float,
    headers: Mapping[str, str] | None = None,
    key_header: str | None = None,
) -> HttpCall:
    """The call to ``path`` below the endpoint. The key travels as a bearer token, or bare in ``key_header``."""
    all_headers = {**_HEADERS, **(headers or {})}
    if endpoint.key is not None:
        if key_header is None:
            all_headers["Authorization"] = f"Bearer {endpoint.key}"
        else:
            all_headers[key_header] = endpoint.key
    return HttpCall(
        url=endpoint.url(path),
        headers=all_headers,
        body=_encoder.encode(body),
        timeout_s=timeout_s,
        secret=endpoint.key,
    )

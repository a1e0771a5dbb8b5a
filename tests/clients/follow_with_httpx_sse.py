"""Follows the log of a run with httpx-sse, which does not come back by itself; prints ``id line`` for each stored event."""

import contextlib
import sys
import time

import httpx
from httpx_sse import SSEError, connect_sse

TRIES = 300


def main(url: str) -> int:
    """0 when the run is over."""
    last = ""
    with httpx.Client(timeout=httpx.Timeout(10, read=60), trust_env=False) as client:
        for _ in range(TRIES):
            # Refused, cut, or a proxy's 502: come back with the last id.
            with contextlib.suppress(httpx.HTTPError, SSEError):
                headers = {"Last-Event-ID": last} if last else {}
                with connect_sse(client, "GET", url, headers=headers) as source:
                    if source.response.status_code == httpx.codes.NO_CONTENT:
                        return 0
                    for event in source.iter_sse():
                        if event.event == "end":
                            return 0
                        if event.event not in {"hello", "heartbeat", "drain"}:
                            sys.stdout.write(f"{event.id} {event.data}\n")
                            sys.stdout.flush()
                        last = event.id
            time.sleep(0.2)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

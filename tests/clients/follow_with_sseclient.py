"""Follows the log of a run with sseclient-py over httpx's bytes; prints ``id line`` for each stored event."""

import contextlib
import sys
import time

import httpx
from sseclient import SSEClient

TRIES = 300


def main(url: str) -> int:
    """0 when the run is over."""
    last = ""
    with httpx.Client(timeout=httpx.Timeout(10, read=60), trust_env=False) as client:
        for _ in range(TRIES):
            # Refused, cut, or a proxy's 502: come back with the last id.
            with contextlib.suppress(httpx.HTTPError):
                headers = {"Last-Event-ID": last} if last else {}
                with client.stream("GET", url, headers=headers) as response:
                    if response.status_code == httpx.codes.NO_CONTENT:
                        return 0
                    response.raise_for_status()
                    for event in SSEClient(response.iter_bytes()).events():
                        if event.event == "end":
                            return 0
                        if event.id and event.event != "hello":
                            sys.stdout.write(f"{event.id} {event.data}\n")
                            sys.stdout.flush()
                        # A word about the stream has no id of its own, and leaves the place as it is.
                        last = event.id or last
            time.sleep(0.2)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

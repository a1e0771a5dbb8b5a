"""Who else can reach a service: without a token it must be this machine only."""

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from services.cli.checkup.finding import Finding, well, wrong
from services.cli.clients.addresses import is_local
from services.cli.processes.listening import listening_at
from services.cli.processes.port_holder import holder
from services.process.guard import is_loopback

_CONNECT_WITHIN_S = 1.0
_NOWHERE = ("192.0.2.1", 9)
"""An address that belongs to nobody: the system says by which of its own it would go there, and sends nothing."""

Listening = Callable[[int], frozenset[str] | None]


def exposure(spoken: str, url: str, listening: Listening = listening_at) -> Finding:
    """Whether only this machine can reach it; may wait ``_CONNECT_WITHIN_S``."""
    parts = urlsplit(url)
    if not is_local(url):
        return wrong(
            "exposure",
            f"{spoken} at {parts.hostname} took our requests without a token, and so it takes those of others",
            "let it listen on loopback, behind a proxy that asks who comes",
        )
    port = parts.port or 80
    addresses = listening(port)
    if addresses is None:
        others = [address] if (address := _reachable_address(port)) else []
    else:
        others = sorted(address for address in addresses if not is_loopback(address))
    if not others:
        held = f" is held by {who}" if (who := holder(port)) else ""
        return well("exposure", f"{spoken}'s port {port}{held}; it can be reached from this machine only")
    return wrong(
        "exposure",
        f"{spoken} can be reached from other machines ({', '.join(others)}, port {port}), and no token keeps them out",
        "start it with --host 127.0.0.1",
    )


def _reachable_address(port: int) -> str | None:
    """This machine's address in its network, where something listens at it."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(_NOWHERE)
            address = str(probe.getsockname()[0])
        with socket.create_connection((address, port), _CONNECT_WITHIN_S):
            return address
    except OSError:
        # No network, or nobody listens there: either way nobody comes in.
        return None

"""Ports for services under test that nobody takes between the asking and the use."""

import random
import socket

_LOWEST, _HIGHEST = 20_000, 32_000
"""Below the ports systems give to outgoing connections: one of those may come to life at any moment."""
_TRIES = 200
_chance = random.SystemRandom()


def free_port(host: str = "127.0.0.1") -> int:
    """A port nobody listens at; tests side by side hardly ever get the same."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(_TRIES):
        port = _chance.randint(_LOWEST, _HIGHEST)
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port in {_TRIES} tries")

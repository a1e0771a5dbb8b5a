"""Where the two services are: what was said, or the default places on this machine."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from services.cli.errors import WrongUsage
from services.process.guard import is_loopback

LOOPBACK = "127.0.0.1"

# The same two numbers as in services.process.settings, without its import: that takes longer than a whole command.
EXECUTOR_PORT = 8002
TELEMETRY_PORT = 8003


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Base URLs without a slash at the end. ``said`` is false while both are the default places."""

    executor: str
    telemetry: str
    said: bool
    telemetry_said: bool


def addresses(
    executor_url: str | None = None,
    telemetry_url: str | None = None,
    *,
    executor_port: int = EXECUTOR_PORT,
    telemetry_port: int = TELEMETRY_PORT,
) -> Addresses:
    """The services' addresses; raises ``WrongUsage`` for what is no URL."""
    return Addresses(
        executor=_base(executor_url, "--executor-url") if executor_url else local(executor_port),
        telemetry=_base(telemetry_url, "--telemetry-url") if telemetry_url else local(telemetry_port),
        said=bool(executor_url or telemetry_url),
        telemetry_said=bool(telemetry_url),
    )


def local(port: int, host: str = LOOPBACK) -> str:
    """The base URL of a service that listens at this port of this machine; a wildcard host is reached by loopback."""
    if host in {"", "0.0.0.0", "::"}:
        host = LOOPBACK
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_local(url: str) -> bool:
    """Whether the address is on this machine; a proxy from the environment must not be asked for it."""
    return is_loopback(urlsplit(url).hostname or "")


def _base(url: str, option: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise WrongUsage(f"{option} {url}: must be an absolute URL like http://127.0.0.1:8003")
    return url.rstrip("/")

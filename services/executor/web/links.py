"""Absolute addresses as the one who asked can use them. Source: CONTRACT section 7."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request

from services.process.guard import is_loopback
from shared.paths import EVENTS, LIVE, PAGE, RUN, fill


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAddresses:
    """Where browsers find the services, as far as that was said."""

    own: str | None
    telemetry: str | None
    telemetry_url: str

    def executor(self, request: Request) -> str:
        """This service: its public address, else the one the request came to."""
        return self.own or f"{request.url.scheme}://{request.url.netloc}"

    def of_telemetry(self, request: Request) -> str:
        """Telemetry: its public address, else the request's host with telemetry's port if it runs beside us."""
        if self.telemetry:
            return self.telemetry
        parts = urlsplit(self.telemetry_url)
        if not is_loopback(parts.hostname or ""):
            return self.telemetry_url
        here = urlsplit(self.executor(request))
        host = here.hostname or "127.0.0.1"
        named = f"[{host}]" if ":" in host else host
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{named}{port}"

    def links(self, request: Request, run_id: str) -> dict[str, str]:
        """The addresses of one run."""
        telemetry = self.of_telemetry(request)
        return {
            "self": self.executor(request) + fill(RUN, run_id=run_id),
            "live": telemetry + fill(LIVE, run_id=run_id),
            "events": telemetry + fill(EVENTS, run_id=run_id),
            "page": f"{telemetry}{PAGE}?run={run_id}",
        }

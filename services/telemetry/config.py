"""What telemetry can be told, besides what both services can."""

from pydantic import ByteSize, Field

from services.process.connections import REQUEST_LIMIT_S
from services.process.settings import Settings

VIEWER_STALL_S = 15.0
"""A viewer that takes no byte for so long is dropped; it may come back with its position."""
MIN_FREE_BYTES = 256 * 1024 * 1024
CANARY_INTERVAL_S = 10.0


class Config(Settings):
    """Telemetry's settings; ``ACM2_<FIELD>`` each."""

    viewer_stall_s: float = Field(default=VIEWER_STALL_S, gt=0, le=600)
    request_limit_s: float = Field(default=REQUEST_LIMIT_S, gt=0, le=3600)
    """How long a client has for a request it began; a long body has longer."""
    min_free: ByteSize = Field(default=ByteSize(MIN_FREE_BYTES), ge=0)
    """With less room than this around the log no event is taken. Bytes, or a size like ``256MiB``; 0: never refused."""
    canary_interval_s: float = Field(default=CANARY_INTERVAL_S, ge=0, le=3600)
    """How often the service tests itself; 0: never."""

    @property
    def port(self) -> int:
        """Where to listen; 0 lets the system choose."""
        return self.telemetry_port

"""What telemetry can be told, besides what both services can."""

from pydantic import Field

from services.process.settings import Settings

VIEWER_STALL_S = 15.0
"""A viewer that takes no byte for so long is dropped; it may come back with its position."""


class Config(Settings):
    """Telemetry's settings; ``ACM2_<FIELD>`` each."""

    viewer_stall_s: float = Field(default=VIEWER_STALL_S, gt=0, le=600)

    @property
    def port(self) -> int:
        """Where to listen; 0 lets the system choose."""
        return self.telemetry_port

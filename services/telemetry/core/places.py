"""The last look before frames go out: whether they are the ones that are due. A wrong id would be a silent gap."""

from collections.abc import Sequence

from services.telemetry.core.frames import place_of


class OutOfPlace(Exception):
    """Frames were about to be sent that do not follow what was sent before: a bug, found before anybody saw it."""


def check_place(frames: Sequence[bytes], epoch: str | None, first: int) -> None:
    """Raise ``OutOfPlace`` unless the frames are those from this seq on."""
    last = first + len(frames) - 1
    for frame, seq in ((frames[0], first), (frames[-1], last)):
        if place_of(frame) != f"{epoch}-{seq}":
            raise OutOfPlace(f"{place_of(frame)} stood where {epoch}-{seq} must")

"""Whether the data folder can be written and has room."""

import os
import shutil
import tempfile
from pathlib import Path

from services.cli.checkup.finding import Finding, well, wrong

_MIB = 1024 * 1024
_TRIAL_BYTES = 4096


def disk(folder: Path, *, min_free_bytes: int) -> list[Finding]:
    """What is to be said of the folder; blocks as long as the file system does."""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    parts = [part for part in (folder / "executor", folder / "telemetry") if part.is_dir()] or [place]
    findings = [finding for part in parts if (finding := _unwritable(part))]
    try:
        free_bytes = shutil.disk_usage(place).free
    except OSError as error:
        mend = "check the disk"
        return [*findings, wrong("disk", f"the room on the disk of {place} is not known: {error.strerror}", mend)]
    room = f"{free_bytes / _MIB:,.0f} MiB free"
    if free_bytes < min_free_bytes:
        findings.append(
            wrong(
                "disk",
                f"{folder} has {room}; below {min_free_bytes / _MIB:,.0f} MiB no event is taken",
                "make room, or choose another --data-dir",
            )
        )
    return findings or [well("disk", f"{folder} can be written, {room}")]


def _unwritable(folder: Path) -> Finding | None:
    """Why a file cannot be written there, by writing one: permission bits tell root nothing."""
    try:
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(bytes(_TRIAL_BYTES))
            trial.flush()
            os.fsync(trial.fileno())
    except OSError as error:
        return wrong(
            "disk",
            f"{folder} cannot be written: {error.strerror}",
            "make room on it, give yourself the right to write there, or choose another --data-dir",
        )
    return None

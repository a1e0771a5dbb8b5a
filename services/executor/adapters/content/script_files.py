"""Whether a file the scripted provider is to read is there: looked at before a run starts, read by fpf alone."""

import os
from pathlib import Path


def script_trouble(name: str) -> str | None:
    """Why the file cannot be read from here, where the executor's workers look for it; None where it can."""
    try:
        path = Path(name).resolve()
        if not path.is_file():
            return f"there is no file {name}"
        return None if os.access(path, os.R_OK) else f"{name} cannot be read"
    except (OSError, ValueError, RuntimeError):
        return "no file can have such a name"

"""The answer's file: there whole, or as it was before."""

import os
from pathlib import Path

from fpf.usage_mistake import UsageMistake


def check_output(path: Path) -> None:
    """Raise ``UsageMistake`` when the answer could not be written there: better now than after it is paid for."""
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise UsageMistake(f"--out: {path} is not a file")
    if not target.parent.is_dir():
        raise UsageMistake(f"--out: the folder {path.parent} does not exist")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise UsageMistake(f"--out: the folder {path.parent} cannot be written to")


def write_output(path: Path, text: str) -> None:
    """Replace the file in one step; raises ``OSError`` and leaves no part behind."""
    target = path.resolve()
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise

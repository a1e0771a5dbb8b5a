"""Where a service that runs keeps its data, as far as Linux lets us read how it was started."""

from itertools import pairwise
from pathlib import Path

_OPTION = "--data-dir"
_VARIABLE = "ACM2_DATA_DIR"


def data_dir_of(pid: int, proc: Path = Path("/proc")) -> Path | None:
    """The data folder the process was told, or None: it was told none, or it cannot be read."""
    folder = proc / str(pid)
    arguments = _strings(folder / "cmdline")
    given = next((after for before, after in pairwise(arguments) if before == _OPTION), None)
    said = given or next(
        (text.partition("=")[2] for text in _strings(folder / "environ") if text.startswith(f"{_VARIABLE}=")), None
    )
    if not said:
        return None
    try:
        return (folder / "cwd").readlink() / said
    except OSError:
        return Path(said)


def _strings(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").split("\0")
    except OSError:
        return []

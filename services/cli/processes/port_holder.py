"""Who listens at a port of this machine, as far as Linux lets us read it. Anywhere else: nobody knows."""

import errno
import re
import socket
from pathlib import Path

from services.cli.errors import Unreachable, WrongUsage

_LISTENS = "0A"
_TABLES = ("net/tcp", "net/tcp6")
_SHOWN_COMMAND_CHARS = 80


def is_taken(host: str, port: int) -> bool:
    """Whether something already listens there; raises ``WrongUsage`` for an address nobody here may listen at."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
            # Two sockets may be bound where one may listen: only listening tells.
            sock.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise WrongUsage(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return False


def free_port(host: str) -> int:
    """A port nobody listens at now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.bind((host, 0))
        port: int = sock.getsockname()[1]
        return port


def port_taken(spoken: str, port: int, option: str) -> Unreachable:
    """The error for a port something else listens at; ``option`` chooses another."""
    who = holder(port) or "another program"
    return Unreachable(f"{spoken}'s port {port} is taken by {who}. End that, or choose another port with {option}")


def holder(port: int, proc: Path = Path("/proc")) -> str | None:
    """``process 4711 (nginx -g ...)``, or None where it cannot be read."""
    pid = holding_pid(port, proc)
    return None if pid is None else f"process {pid} ({command_of(pid, proc)[:_SHOWN_COMMAND_CHARS] or 'unnamed'})"


def holding_pid(port: int, proc: Path = Path("/proc")) -> int | None:
    """The process that listens at the port, or None where it cannot be read."""
    inodes = {inode for table in _TABLES for inode in listening_inodes(_read(proc / table), port)}
    if not inodes:
        return None
    folders = (folder for folder in proc.iterdir() if folder.name.isdigit())
    return next((int(folder.name) for folder in folders if _holds(folder / "fd", inodes)), None)


def command_of(pid: int, proc: Path = Path("/proc")) -> str:
    """The process's command line, or nothing where it cannot be read."""
    return _read(proc / str(pid) / "cmdline").replace("\0", " ").strip()


def parent_of(pid: int, proc: Path = Path("/proc")) -> int | None:
    """The process that started it, or None where it cannot be read."""
    found = re.search(r"^PPid:\s+(\d+)$", _read(proc / str(pid) / "status"), re.MULTILINE)
    return int(found[1]) if found else None


def listening_inodes(table: str, port: int) -> set[str]:
    """The inodes of the sockets that listen at the port, from the text of ``/proc/net/tcp``."""
    found = set()
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 9 and fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
            found.add(fields[9])
    return found


def _holds(folder: Path, inodes: set[str]) -> bool:
    try:
        entries = list(folder.iterdir())
    except OSError:
        # A process of somebody else, or one that has just ended.
        return False
    return any(_inode(entry) in inodes for entry in entries)


def _inode(entry: Path) -> str | None:
    try:
        match = re.fullmatch(r"socket:\[(\d+)\]", str(entry.readlink()))
    except OSError:
        # Closed meanwhile.
        return None
    return match[1] if match else None


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""

"""At which of this machine's addresses something listens, as far as Linux lets us read it."""

import ipaddress
from pathlib import Path

_LISTENS = "0A"
_TABLES = ("net/tcp", "net/tcp6")


def listening_at(port: int, proc: Path = Path("/proc")) -> frozenset[str] | None:
    """The addresses at which the port is listened to, or None where that cannot be read."""
    found: set[str] = set()
    for table in _TABLES:
        try:
            text = (proc / table).read_text()
        except OSError:
            if table == _TABLES[0]:
                return None
            # A system without IPv6.
            continue
        found |= addresses(text, port)
    return frozenset(found)


def addresses(table: str, port: int) -> set[str]:
    """The addresses of the sockets that listen at the port, from the text of ``/proc/net/tcp``."""
    found = set()
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 3 and fields[3] == _LISTENS:
            address, _, port_hex = fields[1].rpartition(":")
            if int(port_hex, 16) == port:
                found.add(_readable(address))
    return found


def _readable(hexadecimal: str) -> str:
    """The kernel writes each four bytes of an address as a number of this machine's, lowest byte first."""
    words = [bytes.fromhex(hexadecimal[start : start + 8])[::-1] for start in range(0, len(hexadecimal), 8)]
    address = ipaddress.ip_address(b"".join(words))
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)

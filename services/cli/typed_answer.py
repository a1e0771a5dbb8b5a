"""A question to the person at the terminal, answered with yes or no."""

import sys

import anyio

from services.cli.interrupts import Interrupts
from services.cli.processes.leaving_on import leaving_on
from services.cli.showing.consoles import Consoles


async def typed_yes(words: str, shown: Consoles, seen: Interrupts) -> bool:
    """Whether the person typed yes; Ctrl-C, the end of the input and anything else is no."""
    shown.err.print(f"{words} [y/N] ", end="", markup=False, highlight=False)
    answer = ""
    async with leaving_on(seen.first):
        # Not input(): a thread that waits for a key could not be left.
        await anyio.wait_readable(sys.stdin)
        answer = sys.stdin.readline()
    return answer.strip().lower() in {"y", "yes"}

"""How long to wait before a broken stream is opened again: longer each time, spread by chance, with a ceiling."""

import random

FIRST_S = 0.5
LONGEST_S = 5.0


def delay_s(failures: int, retry_ms: int | None, rng: random.Random) -> float:
    """Seconds to wait after this many failures in a row; ``retry_ms`` is what the service last asked for."""
    first = FIRST_S if retry_ms is None else retry_ms / 1000
    longest = max(LONGEST_S, first)
    return min(longest, first * 2.0 ** min(failures, 10)) * rng.uniform(0.75, 1.0)

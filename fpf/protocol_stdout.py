"""Standard output kept for a protocol: a stray print goes to standard error instead of into the stream."""

import os


def claim_stdout() -> int:
    """A private descriptor of what was standard output; from now on descriptor 1 is standard error.

    To be done before anything is imported that might print. Raises ``OSError`` when there is no standard output.
    """
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
    return kept

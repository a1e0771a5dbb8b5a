"""Logs go to standard error, one line each. They hold no prompt, no answer and no key."""

import logging
import sys
import traceback


def log_to_stderr(*, verbose: bool) -> None:
    """Set up logging for this process; ``verbose`` adds what happened to what went wrong."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )


def where_it_happened(error: BaseException) -> str:
    """The error's type and its places in the code; its own words are left out, for they may quote a prompt."""
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join([type(error).__name__, *(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))])

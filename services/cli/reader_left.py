"""The end of a pipe: whoever read our output has seen enough (``acm2 logs | head``). That is no failure of ours."""

import functools
import os
import sys
from collections.abc import Callable
from typing import Any

from services.process.exit_codes import OK


def unbothered(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command, ending well when nobody reads any further; its signature stays as it is."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            result = command(*arguments, **options)
            sys.stdout.flush()
        except BrokenPipeError:
            # What is still in the buffer has nowhere to go; without this it would be tried again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return OK
        return result

    return run

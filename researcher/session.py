"""The life of the program: a task comes in, lines of progress go out, then the report or why there is none."""

import asyncio
import importlib
import sys

from researcher.offline import settle
from researcher.pipes import Lines, die_with_input, die_with_parent
from researcher.task import read_task

MAX_TASK_BYTES = 8 * 1024 * 1024


def run() -> int:
    """Carry out the one research this process is for; 0 where there is a report."""
    die_with_parent()
    lines = Lines()
    stream = sys.stdin.buffer
    try:
        task = read_task(stream.readline(MAX_TASK_BYTES))
    except ValueError:
        lines.say("failed", why="task")
        return 2
    die_with_input(stream, task.parent_pid)
    settle(task)
    try:
        work = importlib.import_module("researcher.work")
        report = asyncio.run(work.research(task, lambda words: lines.say("log", words=words)))
    except ModuleNotFoundError as error:
        lines.say("failed", why="environment", error=str(error.name))
        return 1
    except Exception as error:  # noqa: BLE001 - the border of the program: its kind is said, its words may be a prompt
        lines.say("failed", why="research", error=type(error).__name__)
        return 1
    lines.say("report", text=report)
    return 0

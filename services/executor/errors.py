"""What can go wrong here that nobody expects.

    ExecutorError
    ├── UnknownPresetError        no preset of that name
    ├── UnknownContentError       nothing of that name in the library
    ├── ContentExistsError        there is one of that name already
    ├── BuiltInPresetError        it ships with the program and cannot be changed
    ├── ChangedMeanwhileError     somebody else changed it since it was read
    ├── FolderFullError           as many are kept as may be
    ├── FolderUnwritableError     the folder they are kept in cannot be written
    ├── UnknownRunError           no run of that id
    ├── RunExistsError            the id is another run's
    ├── RunActiveError            the run is doing what forbids this
    ├── DeliveryStoppedError      telemetry takes no more events of the run, so that nobody could watch it
    ├── MissingVariablesError     a provider lacks its key or address
    ├── DrainingError             the service is going away and takes no run
    ├── LedgerUnwritableError     nothing can be written down, so nothing is begun
    ├── LedgerUnreadableError     what was written down cannot be read
    ├── WorkersUnavailableError   no worker process could be started
    └── LocalModelError           the embedded model's server could not be started

A preset with mistakes is ``core.mistakes.InvalidPreset``: that is expected, and a value of the core.
"""

import difflib
from collections.abc import Sequence

_SHOWN_NAMES = 20
_SHOWN_CHARS = 100


class ExecutorError(Exception):
    """Anything above."""


class UnknownPresetError(ExecutorError):
    """No preset of that name; ``known`` are the names there are."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"no preset {name[:_SHOWN_CHARS]!r}; {_hint(name, known)}")


class UnknownContentError(ExecutorError):
    """The library has nothing of that kind and name; ``known`` are the names of the kind."""

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        super().__init__(f"the library's {kind} have no {name[:_SHOWN_CHARS]!r}; {_hint(name, known)}")


class ContentExistsError(ExecutorError):
    """Something new was to be kept under a name that is taken."""


class BuiltInPresetError(ExecutorError):
    """The name is that of a preset that ships with the program."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} ships with the program and cannot be changed; keep your own under another name, "
            f"with extends: {name} for all that stays the same"
        )


class ChangedMeanwhileError(ExecutorError):
    """What is there is not what whoever wants to change it has seen."""


class FolderFullError(ExecutorError):
    """As many presets, or contents of one kind, are kept as may be."""


class FolderUnwritableError(ExecutorError):
    """The folder presets or the library lie in cannot be written."""


class UnknownRunError(ExecutorError):
    """No run of that id."""


class RunExistsError(ExecutorError):
    """The run id names a run with other content."""


class RunActiveError(ExecutorError):
    """The run is doing something that has to end first."""


class DeliveryStoppedError(ExecutorError):
    """Telemetry takes no more events of this run: what it did would be seen by nobody."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"nobody could watch the run, its events are not taken any more ({reason}). Its results stay here; "
            "start a new run, or delete this one"
        )


WAYS_OUT = {
    "ACM2_GPT_RESEARCHER_PYTHON": "GPT Researcher is not installed there: make gpt-researcher, or name the Python of an "
    "environment that has it"
}
"""What else can be done about a missing variable, by its name."""


class MissingVariablesError(ExecutorError):
    """Environment variables the run's providers need."""

    def __init__(self, names: Sequence[str]) -> None:
        ways_out = "".join(f"; {WAYS_OUT[name]}" for name in names if name in WAYS_OUT)
        super().__init__(f"missing in the executor's environment: {', '.join(names)}{ways_out}")
        self.names = list(names)


class DrainingError(ExecutorError):
    """The service is about to stop."""


class LedgerUnwritableError(ExecutorError):
    """The ledger cannot be written at the moment."""


class LedgerUnreadableError(ExecutorError):
    """The ledger cannot be read at the moment, or is damaged."""


class WorkersUnavailableError(ExecutorError):
    """No worker can take a request."""


class LocalModelError(ExecutorError):
    """The embedded model cannot be used."""


def _hint(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name[:_SHOWN_CHARS], known, n=1)
    if close:
        return f"did you mean {close[0]}?"
    more = ", ..." if len(known) > _SHOWN_NAMES else ""
    return f"there are: {', '.join(known[:_SHOWN_NAMES]) or 'none'}{more}"

"""What can go wrong here that nobody expects.

    ExecutorError
    ├── UnknownPresetError        no preset of that name
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

from collections.abc import Sequence


class ExecutorError(Exception):
    """Anything above."""


class UnknownPresetError(ExecutorError):
    """No preset of that name; ``known`` are the names there are."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"no preset {name!r}; there are: {', '.join(known) or 'none'}")


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


class MissingVariablesError(ExecutorError):
    """Environment variables the run's providers need."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"missing in the executor's environment: {', '.join(names)}")
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

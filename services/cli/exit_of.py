"""The exit code a run's end leads to. Source: CONTRACT section 7."""

from services.process.exit_codes import CANCELLED, COMPLETED_WITH_ERRORS, FAILED, INTERRUPTED, OK

_CODES = {
    "completed": OK,
    "completed_with_errors": COMPLETED_WITH_ERRORS,
    "failed": FAILED,
    "cancelled": CANCELLED,
    "interrupted": INTERRUPTED,
}


def exit_code(status: str) -> int:
    """The exit code for the status a run was left in; a run that was deleted or is unknown has failed."""
    return _CODES.get(status, FAILED)

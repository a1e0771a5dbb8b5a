"""Why the ledger cannot be written at the moment: said once when it begins, once when it changes, once when it is over."""

import traceback

import anyio
import structlog

MAX_REASON_CHARS = 200
SLOW_AFTER_S = 5.0
"""A commit that has not come back after this long may never: a disk that hangs says nothing."""

log = structlog.get_logger()


class LedgerTrouble:
    """What stands between the ledger and the disk, and since when a commit has been under way."""

    def __init__(self) -> None:
        self._reason: str | None = None
        self._since_s = 0.0
        self._tries = 0
        self._commit_began_s: float | None = None
        self.failures = 0
        """Commits that did not hold and were tried again, all told."""

    @property
    def reason(self) -> str | None:
        """Why nothing can be written, or None."""
        if self._reason is None and self._commit_began_s is not None:
            slow_s = anyio.current_time() - self._commit_began_s
            if slow_s > SLOW_AFTER_S:
                return f"the disk has not answered for {slow_s:.0f} s"
        return self._reason

    def commit_begins(self) -> None:
        """Something is being written."""
        self._commit_began_s = anyio.current_time()

    def commit_failed(self, error: Exception) -> None:
        """It could not be."""
        self._commit_began_s = None
        reason = said(error)
        self._tries += 1
        self.failures += 1
        if self._reason is None:
            self._since_s = anyio.current_time()
        if reason != self._reason:
            self._reason = reason
            where = _places(error) if _is_ours(error) else None
            log.warning("the ledger cannot be written; no request is sent until it can", error=reason, where=where)

    def commit_held(self) -> None:
        """It is durable."""
        self._commit_began_s = None
        if self._reason is not None:
            lasted_s = round(anyio.current_time() - self._since_s, 1)
            log.warning("the ledger can be written again", after_s=lasted_s, tries=self._tries)
            self._reason, self._tries = None, 0


def said(error: BaseException) -> str:
    """The driver's own words. SQLAlchemy's message quotes the statement's values, and a prompt may be among them."""
    cause = getattr(error, "orig", None) or error
    if _is_ours(cause):
        # What Python says of a value may quote it.
        return f"an error in the executor: {type(cause).__name__}"
    words = cause.strerror if isinstance(cause, OSError) else cause
    return f"{type(cause).__name__}: {words}"[:MAX_REASON_CHARS]


def _is_ours(error: BaseException) -> bool:
    cause = getattr(error, "orig", None) or error
    return not isinstance(cause, OSError) and not type(cause).__module__.startswith(("sqlite3", "services."))


def _places(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))

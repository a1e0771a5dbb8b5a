"""What can go wrong besides a request: the store. Expected outcomes are values, not these.

StoreError          the log could not be written or read
+-- StoreFull       there is no room left; reading goes on
StoreUnusable       the folder holds a log this build cannot read
"""


class StoreError(Exception):
    """The log could not be written or read; nothing of what was asked has been kept."""


class StoreFull(StoreError):
    """There is no room left for the log."""


class StoreUnusable(Exception):
    """The folder holds something this build cannot use as its log."""

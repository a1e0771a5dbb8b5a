"""The one fold of a run's events into the numbers everybody shows.

Blind to order and repetition: any permutation of the same events, with repeats, gives the same stats. Both services use
this code; the page has the same rules in ``services/pages/static/fold.js``, held to the same golden files.
"""

from shared.fold.run import RunFold

__all__ = ["RunFold"]

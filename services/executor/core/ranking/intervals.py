"""95 % intervals: of a share, and of anything resampled."""

from math import sqrt
from statistics import NormalDist

ROUNDS = 400
"""How often what was judged is drawn anew."""

NO_SPREAD = "no spread seen"
"""Why an interval is a point, where all that was drawn is alike: it would look certain, and few alike show little."""

_NARROWEST = 1e-6

_Z = NormalDist().inv_cdf(0.975)
_LEAST_ROUNDS = 50
_EASY_COMPETITORS = 60
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131)
"""Student's t at 97.5 %, for 1, 2, 3 ... degrees of freedom."""


def share_interval(successes: float, total: int) -> tuple[float, float] | None:
    """Wilson's interval of a share; None of nothing."""
    if total == 0:
        return None
    share, z2 = successes / total, _Z * _Z
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z * sqrt(share * (1 - share) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    return max(0.0, round(middle - half, 4)), min(1.0, round(middle + half, 4))


def tails(observed: int) -> tuple[float, float] | None:
    """The quantiles of resampled values that bound 95 %, where ``observed`` things were drawn from; None below two.

    Drawing from few things spreads less than the things themselves do, so the tails go further out: as far as
    Student's t lies beyond the normal distribution.
    """
    if observed < 2:
        return None
    reach = sqrt(observed / (observed - 1)) * _student(observed - 1)
    low = NormalDist().cdf(-reach)
    return low, 1 - low


def only_one(what: str) -> str:
    """Why there is no interval where there is one thing only to draw."""
    return f"one {what} only"


def is_a_point(low: float, high: float) -> bool:
    """Whether nothing lies between the two ends."""
    return high - low < _NARROWEST


def rounds(competitors: int) -> int:
    """How often to draw anew: less often where each fit is dear."""
    if competitors <= _EASY_COMPETITORS:
        return ROUNDS
    return max(_LEAST_ROUNDS, round(ROUNDS * (_EASY_COMPETITORS / competitors) ** 3))


def around(middle: float, spread: float) -> tuple[float, float]:
    """The interval of something normal."""
    return middle - _Z * spread, middle + _Z * spread


def _student(freedom: int) -> float:
    if freedom <= len(_T):
        return _T[freedom - 1]
    return _Z + (_Z**3 + _Z) / (4 * freedom) + (5 * _Z**5 + 16 * _Z**3 + 3 * _Z) / (96 * freedom**2)

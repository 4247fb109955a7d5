"""How many wrong passwords an account bears: from everywhere together, and apart from that in a browser it knows.

A stranger who guesses, from however many addresses, uses up what all unknown browsers have together. A browser in which
the person has logged in before has its own, so the stranger cannot keep that person out. Names that nobody has are
counted in the same way: the answer says nothing of who exists.
"""

import math
import time
from dataclasses import dataclass
from hashlib import sha256

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.strategies import MovingWindowRateLimiter

from backend.identity.rules_accounts import TooManyGuesses
from backend.settings import Settings


@dataclass(frozen=True)
class Guesses:
    """What is left of one account's patience, for one browser or for all that it does not know."""

    limiter: MovingWindowRateLimiter
    windows: tuple[RateLimitItem, ...]
    key: str

    def spend(self) -> None:
        """Count an attempt before its password is looked at; two at once are two.

        Raises:
            TooManyGuesses: with the whole `seconds` to wait.
        """
        full = [window for window in self.windows if not self.limiter.test(window, self.key)]
        if full or not self._hit():
            resets = (self.limiter.get_window_stats(window, self.key).reset_time for window in full or self.windows)
            raise TooManyGuesses(seconds=max(1, math.ceil(max(resets) - time.time())))

    def _hit(self) -> bool:
        taken = [self.limiter.hit(window, self.key) for window in self.windows]
        return all(taken)

    def forgive(self) -> None:
        """The password was right: what was wrong before is forgotten."""
        for window in self.windows:
            self.limiter.clear(window, self.key)


def guesses(limiter: MovingWindowRateLimiter, settings: Settings, *about: str) -> Guesses:
    """The patience for what is named, such as an account, or an account and a browser."""
    key = sha256("\0".join(("guesses", *about)).encode("utf-8", "surrogatepass")).hexdigest()
    quarter = RateLimitItemPerMinute(settings.accounts.login_failures_per_quarter, 15)
    return Guesses(limiter, (quarter, RateLimitItemPerDay(settings.accounts.login_failures_per_day)), key)

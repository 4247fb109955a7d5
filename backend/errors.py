"""Saying no, by who can act. Subclasses stand beside the rule they belong to, named as sentences."""

from typing import ClassVar


class JiulianError(Exception):
    """Root of every refusal. `details` carries the numbers a caller needs; they are shown to people and kept."""

    status = 500
    final: ClassVar[bool] = False
    """Whether the same message is refused for ever, whatever the trade does: it must be made anew or given up.

    What cannot be understood or trusted stays so, unless its class says otherwise: a device is enrolled, a notice ends,
    time comes. Refusals by the state of the trade say it where no later state lifts them: what is gone stays gone.
    """

    def __init__(self, message: str = "", /, **details: object) -> None:
        super().__init__(message or (type(self).__doc__ or type(self).__name__).strip())
        self.details = details

    @property
    def kind(self) -> str:
        """Stable machine name of the refusal: its class name."""
        return type(self).__name__


class Malformed(JiulianError):
    """The input cannot be understood; the sender must change it."""

    status = 422
    final = True


class Unauthenticated(JiulianError):
    """Please log in."""

    status = 401


class NotAllowed(JiulianError):
    """This party or person may not do that; an administrator can change it."""

    status = 403


class NotFound(JiulianError):
    """There is no such thing, or you may not know."""

    status = 404


class Refused(JiulianError):
    """The state of the trade says no."""

    status = 409


class CommandReused(Refused):
    """This id was used before for something else."""


class Untrusted(JiulianError):
    """The message cannot be trusted; it is recorded and never retried."""

    status = 403
    final = True


class TooMany(JiulianError):
    """Too many requests from here; wait a little."""

    status = 429


class Unavailable(JiulianError):
    """Not now; the same request may work later."""

    status = 503

    @property
    def retry_after_s(self) -> float:
        """For how long who refused asks to be left alone."""
        rest = self.details.get("retry_after_s", 0.0)
        return rest if isinstance(rest, int | float) else 0.0

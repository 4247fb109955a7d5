"""Sending a capture to a service, and what its answer means for the outbox."""

from dataclasses import dataclass
from enum import Enum, auto
from json import JSONDecodeError

import httpx2

ACCEPTED_STATUS = frozenset({200, 201})
REFUSED_STATUS = frozenset({400, 403, 409, 413, 422})
REASON_MAX = 500


class Verdict(Enum):
    """Taken, turned down for good, or not answered yet."""

    ACCEPTED = auto()
    REFUSED = auto()
    LATER = auto()


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict and the service's words."""

    verdict: Verdict
    reason: str = ""


class Client:
    """Posts captures to `{base}/captures`. The HTTP client is the caller's, with its timeouts and certificates."""

    def __init__(self, base: str, http: httpx2.Client) -> None:
        self._url = base.rstrip("/") + "/captures"
        self._http = http

    def submit(self, message: str) -> Answer:
        """Send one message. Whatever is neither a clear yes nor a clear no means: keep it and try again."""
        try:
            response = self._http.post(
                self._url, content=message.encode(), headers={"Content-Type": "application/json"}
            )
        except httpx2.HTTPError as error:
            return Answer(Verdict.LATER, f"{type(error).__name__}: {error}"[:REASON_MAX])
        if response.status_code in ACCEPTED_STATUS:
            return Answer(Verdict.ACCEPTED)
        verdict = Verdict.REFUSED if response.status_code in REFUSED_STATUS else Verdict.LATER
        return Answer(verdict, _reason(response))


def _reason(response: httpx2.Response) -> str:
    """The words of the answer: `detail` or `reason` of a JSON object, or the text as it is."""
    try:
        body = response.json()
    except (JSONDecodeError, UnicodeDecodeError):
        body = response.text
    if isinstance(body, dict):
        body = body.get("detail") or body.get("reason") or body
    return f"{response.status_code}: {body}"[:REASON_MAX]

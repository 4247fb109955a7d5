"""The meaning of a node's error answer, whoever wrote the node. Pure.

A code decides before words do, and words of a rate decide before words of a size: "rate limit exceeded" has the same
words in it as "block range limit exceeded", and answering it with smaller pieces asks a tired node more often. What
is none of these is `OTHER`: the caller may try less at once, and shows the node's own sentence.
"""

import re
from enum import Enum, auto
from math import isfinite


class Refusal(Enum):
    """Asked too often (wait), asked too much at once (ask for less), not offered, or anything else."""

    BUSY = auto()
    TOO_MUCH = auto()
    UNSUPPORTED = auto()
    OTHER = auto()


WORDS_MOST = 300
"""Characters of a node's words that go into an error."""
REST_MOST_S = 3_600.0
"""A node that wants to be left alone for longer is asked again after so many seconds."""
_MOMENT_S = 1e8
"""From here on a number of seconds is a moment (since 1970) and no length."""
TOO_MANY_REQUESTS = 429
LIMIT_EXCEEDED = -32005
"""EIP-1474; nodes use it for rates, and some for the number of results."""
_NO_SUCH_METHOD = -32601
_REVERTED = 3

_RATE = re.compile(
    r"rate.?limit|(?:over|exceed\w*|high|max\w*) (?:the |your )?(?:request )?rate\b|\brate\b.{0,20}exceed"
    r"|per.?(?:second|sec|minute|hour|day|month)\b"
    r"|\d ?/ ?(?:s|sec|second|min|minute|hour|day)\b|compute.?units?|throughput|throttl|quota|\bcredits?\b"
    r"|\b(?:daily|hourly|monthly)\b|\bqps\b|\brps\b|concurren|频繁|限流|配额|频率"
)
_SIZE = re.compile(
    r"batch|\brange|\bblocks?\b|\blogs?\b|\bresults?\b|\bresponse|\bpayload|\bbody\b|\bentity\b|\bsize\b|\bbytes?\b"
    r"|\bwindow\b|\bspan|\barray\b|\bcontent|\baddress|范围|address|批量|区块|数量"
)
_EXCESS = re.compile(
    r"limit|exceed|too |more than|\bmax|larg|greater|bigger|wider|longer|\bup to\b|reduce|narrow|smaller|fewer"
    r"|\bless\b|\bonly\b|allow|at most|over |过大|过多|超过|超出|上限"
)
_SLOW = re.compile(r"time.?out|timed out|took too long|deadline exceeded|超时")
_TIRED = re.compile(
    r"limit (?:is |was |has been )?(?:exceeded|reached)|exceed\w* (?:the |your |its )?limit|too many requests"
    r"|\bbusy\b|overload|capacity|slow down|back.?off|try again (?:in|later)|retry (?:in|later|after)|usage limit"
    r"|free tier|繁忙"
)
_NOT_OFFERED = re.compile(
    r"method.{0,80}(?:not (?:found|supported|available|allowed|implemented|exist|enabled)|does not exist"
    r"|is not available|unsupported|disabled|unknown)"
    r"|(?:unknown|unsupported|unrecognized|no such|disabled) (?:rpc )?method|not (?:been )?implemented"
    r"|not whitelisted|method handler"
)


def refusal_of(code: int, message: str) -> Refusal:
    """What an error answer means; an HTTP status goes for a code where there is no other."""
    words = message.lower()
    if code == TOO_MANY_REQUESTS or _RATE.search(words):
        return Refusal.BUSY
    if code == _NO_SUCH_METHOD:
        return Refusal.UNSUPPORTED
    if code == _REVERTED:
        return Refusal.OTHER
    if "batch" in words or (_SIZE.search(words) and _EXCESS.search(words)) or _SLOW.search(words):
        return Refusal.TOO_MUCH
    if code == LIMIT_EXCEEDED or _TIRED.search(words):
        return Refusal.BUSY
    return Refusal.UNSUPPORTED if _NOT_OFFERED.search(words) else Refusal.OTHER


def words_of(error: object) -> tuple[int, str]:
    """Code and words of an error answer, whatever its shape."""
    if not isinstance(error, dict):
        return 0, str(error)[:WORDS_MOST]
    code, data = error.get("code"), error.get("data")
    try:
        number = int(code or 0)
    except (TypeError, ValueError):
        number = 0
    words = str(error.get("message") or "")
    if isinstance(data, str) and data and not data.startswith("0x"):
        words = f"{words}: {data}" if words else data
    return number, words[:WORDS_MOST] or f"error {code}"


def wait_of(error: object) -> float:
    """The rest that some nodes name inside the error, in seconds or as ``"1.5s"``."""
    data = error.get("data") if isinstance(error, dict) else None
    wait = (
        next((data[k] for k in ("backoff_seconds", "retry_after", "try_again_in") if k in data), None)
        if isinstance(data, dict)
        else None
    )
    return rest_of(str(wait).removesuffix("s"), otherwise=0.0) if wait is not None else 0.0


def rest_of(value: str, *, otherwise: float) -> float:
    """A rest that a node names, in seconds, an hour at most; what is no length of time is `otherwise`."""
    try:
        seconds = float(value)
    except ValueError:
        return otherwise
    return min(REST_MOST_S, max(0.0, seconds)) if isfinite(seconds) and seconds < _MOMENT_S else otherwise

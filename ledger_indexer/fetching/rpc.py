"""JSON-RPC over HTTP with the manners that real nodes need: a refusal is never answered by asking faster.

A batch that a node does not take is halved, down to calls sent by themselves, and the size that went well is
remembered. A node that wants to be left alone is left alone by everybody who shares the connection. Errors hold its
own words.
"""

import re
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
import urllib3

from ledger_indexer.errors import (
    IndexerError,
    NodeBusy,
    NodeFault,
    NodeOverloaded,
    NodeUnavailable,
    NotYet,
    RangeTooLarge,
    Refused,
    Unsupported,
)
from ledger_indexer.fetching.ranges import Ceiling
from ledger_indexer.fetching.refusals import WORDS_MOST, Refusal, refusal_of, rest_of, wait_of, words_of

BATCH = 200
"""Calls in one request, until the node takes fewer."""
_CONNECTIONS = 8
_PAUSE_S, _PAUSE_MOST_S = 0.25, 16.0
_WAIT_MOST_S = 5.0
"""How long a question waits by itself for a node that wants to be left alone; a longer rest is the caller's to take."""
_RETRY_PAUSE_S, _RETRY_PAUSE_MOST_S = 0.05, 0.5
T = TypeVar("T")
Call = tuple[str, Sequence[object]]


class Answer(msgspec.Struct):
    """One answer. Errors ought to be objects, ids ours; some nodes send texts, or null."""

    result: msgspec.Raw = msgspec.Raw(b"null")
    id: int | float | str | None = None
    error: dict[str, object] | str | None = None


_answer = msgspec.json.Decoder(Answer)
_answers = msgspec.json.Decoder(list[Answer])


class Rpc:
    """A client of one node's JSON-RPC. Threads may share it."""

    def __init__(self, url: str, *, timeout_s: float = 30.0, batch: int = BATCH, patience_s: float = 0.0) -> None:
        """``patience_s``: how long a question is asked again while the node is busy, instead of raising NodeBusy."""
        self.url = url
        self.batch = Ceiling(batch)
        self._patience_s = patience_s
        # A quarter of the CPU that clients written in Python alone take for megabytes of logs.
        self._pool = urllib3.PoolManager(maxsize=_CONNECTIONS, timeout=timeout_s, retries=False)
        auth = urllib3.util.parse_url(url).auth
        self._headers = {"Content-Type": "application/json", **urllib3.util.make_headers(basic_auth=auth)}
        self._closed_until = 0.0
        self._pause_s = 0.0

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def ask(self, method: str, params: Sequence[object]) -> msgspec.Raw:
        """One call. Raises NodeUnavailable, RangeTooLarge, Refused (with the node's code and words) or NodeFault."""
        return self.retry_while_busy(
            lambda: self.result(self.read(_answer, self.post(request(method, params))), method)
        )

    def ask_all(self, calls: Sequence[Call]) -> list[msgspec.Raw]:
        """Many calls, in as many batches as the node wants. Raises as ``ask``."""
        results: dict[int, msgspec.Raw] = {}
        waiting = list(range(len(calls)))
        refused, pauses = 0, 0
        most, deadline = self.batch.most, self._deadline()
        while waiting:
            part = waiting[:most]
            try:
                found = self._ask_some(calls, part)
            except (NodeBusy, NodeOverloaded) as busy:
                self._wait_or_raise(busy, deadline)
                most = max(1, min(most, self.batch.most))
                continue
            except (RangeTooLarge, NodeFault) as refusal:
                if len(part) == 1 or isinstance(refusal, Unsupported):
                    raise
                if not isinstance(refusal, RangeTooLarge):
                    pause_after_refusal(pauses)
                    pauses += 1
                refused, most = len(part), len(part) // 2
                continue
            results |= found
            deadline = self._deadline()
            if refused:
                self.batch.lower(most)
                refused = 0
            elif len(found) < len(part):  # it went well for some: the others again, fewer together
                most = max(1, len(part) // 2)
            self.batch.served(len(part))
            left = [number for number in part if number not in found]
            waiting = [*left, *waiting[len(part) :]]
        return [results[number] for number in range(len(calls))]

    def _ask_some(self, calls: Sequence[Call], part: Sequence[int]) -> dict[int, msgspec.Raw]:
        """What a node answers to some calls, by their numbers; not all when it refuses a few of them."""
        if len(part) == 1:
            method, params = calls[part[0]]
            return {part[0]: self.result(self.read(_answer, self.post(request(method, params))), method)}
        asked = [{"jsonrpc": "2.0", "id": n, "method": calls[n][0], "params": calls[n][1]} for n in part]
        try:
            raw = self.post(msgspec.json.encode(asked))
            if raw.lstrip().startswith(b"["):
                return self._matched(calls, part, self.read(_answers, raw))
            self._refuse_batch(self.read(_answer, raw).error)
        except (NodeBusy, NodeOverloaded):
            self.batch.lower(len(part) // 2)  # for the next time, after a rest
            raise
        raise RangeTooLarge(f"{self.url} gave one answer to {len(part)} calls")

    def _refuse_batch(self, error: object) -> None:
        """Raise what an error means that was said of a batch as a whole: what it lacks is batches, not the method."""
        if error is None:
            return
        refusal = self.refusal(error, "a batch")
        raise RangeTooLarge(str(refusal)) if isinstance(refusal, Unsupported) else refusal

    def _matched(self, calls: Sequence[Call], part: Sequence[int], answers: list[Answer]) -> dict[int, msgspec.Raw]:
        asked, found = frozenset(part), dict[int, msgspec.Raw]()
        refusals: list[IndexerError] = []
        for answer in answers:
            number = _number(answer.id)
            if answer.error is None and number in asked:
                found[number] = answer.result
            elif number in asked:
                refusals.append(self.refusal(answer.error, calls[number][0]))
            else:
                self._refuse_batch(answer.error)
        busy = next((each for each in refusals if isinstance(each, NodeBusy)), None)
        if busy and found:  # what came is kept; the rest is asked for after the node's own, and less of it together
            self.batch.lower(len(found))
        elif not found:
            raise busy or (refusals or [NodeFault(f"{self.url} answered none of {len(part)} calls")])[0]
        return found

    def retry_while_busy(self, question: Callable[[], T]) -> T:
        """Ask again while the node is busy, as long as our patience lasts."""
        deadline, pause = self._deadline(), _RETRY_PAUSE_S
        while True:
            try:
                return question()
            except (NodeBusy, NodeOverloaded) as busy:
                self._wait_or_raise(busy, deadline)
            except NotYet as early:
                self._wait_or_raise(NodeUnavailable(str(early), pause), deadline, early)
                pause = min(1.0, 2 * pause)

    def _deadline(self) -> float:
        return time.monotonic() + self._patience_s

    def _wait_or_raise(self, busy: NodeUnavailable, deadline: float, error: IndexerError | None = None) -> None:
        """Leave the node alone for as long as it wants; raise when that is longer than our patience."""
        rest = busy.retry_after_s or max(_PAUSE_S, self._pause_s)
        if time.monotonic() + rest > deadline:
            raise error or busy
        time.sleep(rest)

    def post(self, body: bytes) -> bytes:
        """One request's answer. Raises NodeUnavailable, or RangeTooLarge when it is too much for one."""
        self._wait_until_open()
        try:
            response = self._pool.request("POST", self.url, body=body, headers=self._headers)
        except urllib3.exceptions.ReadTimeoutError as error:
            raise NodeOverloaded(f"{self.url} does not answer in time: {error}") from error
        except urllib3.exceptions.HTTPError as error:
            raise NodeUnavailable(f"{self.url} does not answer: {error or type(error).__name__}") from error
        if response.status == 200:
            return response.data
        return self._http_error(response, is_batch=body.startswith(b"["))

    def _http_error(self, response: urllib3.BaseHTTPResponse, *, is_batch: bool) -> bytes:
        status, data = response.status, response.data
        message = f"{self.url} answered HTTP {status}{_first_words(data)}"
        if status == 429:
            raise self.busy(message, _retry_after(response.headers.get("Retry-After")))
        if status == 413:
            raise RangeTooLarge(message)
        if _is_error(data):
            return data  # the node's own words tell more than the status
        if status in (408, 500, 502, 503, 504) or status >= 520:
            raise NodeOverloaded(message, self._close_for(_retry_after(response.headers.get("Retry-After"))))
        if is_batch and status not in (401, 403, 407):
            raise RangeTooLarge(message)
        raise NodeUnavailable(message)

    def _wait_until_open(self) -> None:
        """Wait until the node may be asked again, if that is soon."""
        rest = self._closed_until - time.monotonic()
        if rest > _WAIT_MOST_S:
            raise NodeBusy(f"{self.url} wants to be left alone for {rest:.0f} s", rest)
        if rest > 0:
            time.sleep(rest)

    def busy(self, message: str, retry_after_s: float = 0.0) -> NodeBusy:
        """The error for a node that was asked too often; nobody asks it again before its rest is over."""
        self._pause_s = retry_after_s or min(_PAUSE_MOST_S, max(_PAUSE_S, 2 * self._pause_s))
        return NodeBusy(message, self._close_for(self._pause_s))

    def _close_for(self, rest: float) -> float:
        """Nobody asks the node again before its rest is over."""
        self._closed_until = max(self._closed_until, time.monotonic() + rest)
        return rest

    def result(self, answer: Answer, method: str) -> msgspec.Raw:
        """What was answered, or the error that was."""
        if answer.error is not None:
            raise self.refusal(answer.error, method)
        self._pause_s = 0.0
        return answer.result

    def refusal(self, error: object, method: str) -> IndexerError:
        """An error answer as what it means."""
        code, words = words_of(error)
        message = f"{method}: {words}"
        match refusal_of(code, words):
            case Refusal.BUSY:
                return self.busy(f"{self.url} is busy: {message}", wait_of(error))
            case Refusal.TOO_MUCH if method in ("eth_getLogs", "a batch"):
                return RangeTooLarge(message)
            case Refusal.UNSUPPORTED:
                return Unsupported(f"{self.url} does not offer {message}", code, words)
        return Refused(message, code, words)

    def read(self, decoder: msgspec.json.Decoder[T], raw: bytes | msgspec.Raw) -> T:
        """Decode an answer. Raises NodeFault."""
        try:
            return decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NodeFault(
                f"{self.url} sent an answer that cannot be read: {error}{_first_words(bytes(raw))}"
            ) from error


def request(method: str, params: Sequence[object]) -> bytes:
    """The bytes of one call."""
    return msgspec.json.encode({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


def pause_after_refusal(times: int) -> None:
    """A pause after a refusal that we did not understand, longer each time."""
    time.sleep(min(_RETRY_PAUSE_MOST_S, _RETRY_PAUSE_S * 2**times))


def _number(value: float | str | None) -> int:
    """A call's number from an answer's id; -1 where it is none."""
    try:
        return -1 if value is None else int(value)
    except ValueError:
        return -1


def _is_error(data: bytes) -> bool:
    """Whether a body is JSON-RPC that says what went wrong."""
    text = data.lstrip()
    return text.startswith((b"{", b"[")) and b'"error"' in text


def _first_words(data: bytes) -> str:
    """The first words of a body, without HTML's marks."""
    text = re.sub(r"(?s)<(style|script)\b.*?</\1>|<[^>]*>", " ", data[:4_000].decode("utf-8", "replace"))
    words = " ".join(text.split())[:WORDS_MOST]
    return f": {words}" if words else ""


def _retry_after(value: str | None) -> float:
    """Seconds of a Retry-After (RFC 9110, 10.2.3); a date, which needs agreeing clocks, counts as a second."""
    return 0.0 if value is None else rest_of(value, otherwise=1.0)

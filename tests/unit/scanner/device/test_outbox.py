"""What was scanned is never lost and never counted twice, whatever happens to the device or the line."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from scanner.device import events
from scanner.device.capture import capture_of
from scanner.device.client import Answer, Client, Verdict
from scanner.device.events import At, Lot
from scanner.device.outbox import Outbox, State
from scanner.device.session import Session
from scanner.device.signing import Domain, address_of, verify

ONE, TWO = bytes([1]) * 32, bytes([2]) * 32
KEY = bytes(range(1, 33))
HERE = Domain(31337, bytes(range(20)))


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    box = Outbox(tmp_path / "outbox.db")
    yield box
    box.close()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def sale(second: int) -> dict[str, object]:
    at = At(datetime(2025, 3, 1, 8, 30, second, tzinfo=UTC), "6901234500004")
    return events.sell(at, Lot("06901234567892", "B1", 1))


def session(outbox: Outbox, answer: Callable[[httpx2.Request], httpx2.Response], clock: Clock) -> Session:
    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    return Session(KEY, HERE, outbox, Client("https://brand.example/api/", http), clock)


def test_a_capture_survives_the_device_being_switched_off(tmp_path: Path) -> None:
    first = Outbox(tmp_path / "outbox.db")
    first.add(ONE, "one", now=0)
    second = Outbox(tmp_path / "outbox.db")  # the first is left open, as a power cut leaves it
    entry = second.next_due(now=0)
    assert entry is not None
    assert (entry.evidence, entry.message, entry.state) == (ONE, "one", State.WAITING)
    first.close()
    second.close()


def test_the_same_scan_twice_is_one_capture(outbox: Outbox) -> None:
    assert outbox.add(ONE, "one", now=0)
    assert not outbox.add(ONE, "one", now=1)
    assert outbox.counts() == {State.WAITING: 1, State.ACCEPTED: 0, State.REFUSED: 0}


def test_captures_leave_in_the_order_they_were_made(outbox: Outbox) -> None:
    outbox.add(TWO, "two", now=0)
    outbox.add(ONE, "one", now=0)
    outbox.postpone(TWO, "no line", now=0)
    assert outbox.next_due(now=0.5) is None
    assert outbox.next_due(now=1.0) == outbox.find(TWO)


def test_it_waits_longer_each_time_but_never_over_five_minutes(outbox: Outbox) -> None:
    outbox.add(ONE, "one", now=0)
    waits = []
    for _ in range(12):
        outbox.postpone(ONE, "no line", now=0)
        entry = outbox.find(ONE)
        assert entry is not None
        waits.append(entry.due_at)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_an_answer_is_kept_and_never_changes(outbox: Outbox) -> None:
    outbox.add(ONE, "one", now=0)
    outbox.settle(ONE, State.REFUSED, "409: not held", now=1)
    outbox.settle(ONE, State.ACCEPTED, "", now=2)
    assert [(entry.evidence, entry.reason) for entry in outbox.list_refused()] == [(ONE, "409: not held")]
    assert outbox.next_due(now=9) is None


def test_postponing_what_is_not_there_is_an_error(outbox: Outbox) -> None:
    with pytest.raises(KeyError):
        outbox.postpone(ONE, "no line", now=0)


def test_what_is_sent_is_the_event_with_the_signature_of_its_capture(outbox: Outbox) -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(201)

    event = sale(1)
    device = session(outbox, answer, Clock())
    device.capture(event)
    assert seen == []
    flushed = device.flush()
    assert (flushed.accepted, flushed.refused, flushed.waiting) == (1, 0, 0)
    body = json.loads(seen[0].content)
    assert str(seen[0].url) == "https://brand.example/api/captures"
    assert set(body) == {"event", "signer", "signature"}
    assert body["event"] == event
    assert body["signer"] == "0x" + address_of(KEY).hex()
    signature = bytes.fromhex(body["signature"][2:])
    assert verify(capture_of(body["event"]), address_of(KEY), signature, HERE)


def test_without_a_line_scans_wait_and_go_out_later_once_each(outbox: Outbox) -> None:
    up, seen = False, []

    def answer(request: httpx2.Request) -> httpx2.Response:
        if not up:
            raise httpx2.ConnectError("no line", request=request)
        seen.append(json.loads(request.content)["event"]["eventTime"])
        return httpx2.Response(201)

    clock = Clock()
    device = session(outbox, answer, clock)
    for second in (1, 2, 3):
        device.capture(sale(second))
    assert device.flush().reason == "ConnectError: no line"
    assert device.flush().waiting == 3
    up, clock.now = True, clock.now + 10
    assert device.flush().accepted == 3
    assert device.flush().accepted == 0
    assert seen == [f"2025-03-01T08:30:0{second}.000+00:00" for second in (1, 2, 3)]


def test_a_line_that_breaks_before_the_answer_sends_again_and_ends_with_one(outbox: Outbox) -> None:
    stored: set[bytes] = set()
    breaks = [True, False]

    def answer(request: httpx2.Request) -> httpx2.Response:
        new = request.content not in stored
        stored.add(request.content)
        if breaks.pop(0):
            raise httpx2.ReadTimeout("cut", request=request)
        return httpx2.Response(201 if new else 200)

    clock = Clock()
    device = session(outbox, answer, clock)
    device.capture(sale(1))
    assert device.flush().waiting == 1
    clock.now += 10
    assert device.flush().accepted == 1
    assert len(stored) == 1


def test_a_no_is_kept_with_its_reason_and_the_next_capture_still_goes_out(outbox: Outbox) -> None:
    answers = iter([httpx2.Response(409, json={"detail": "the store holds 0 bottles"}), httpx2.Response(201)])
    device = session(outbox, lambda request: next(answers), Clock())
    device.capture(sale(1))
    device.capture(sale(2))
    flushed = device.flush()
    assert (flushed.accepted, flushed.refused, flushed.waiting) == (1, 1, 0)
    assert outbox.list_refused()[0].reason == "409: the store holds 0 bottles"


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *[(status, Verdict.ACCEPTED) for status in (200, 201)],
        *[(status, Verdict.REFUSED) for status in (400, 403, 409, 413, 422)],
        *[(status, Verdict.LATER) for status in (301, 401, 404, 408, 429, 500, 502, 503)],
    ],
)
def test_only_a_clear_answer_ends_the_waiting(status: int, verdict: Verdict) -> None:
    transport = httpx2.MockTransport(lambda request: httpx2.Response(status, text="words"))
    answer = Client("https://brand.example", httpx2.Client(transport=transport)).submit("{}")
    assert answer == Answer(verdict, "" if verdict is Verdict.ACCEPTED else f"{status}: words")

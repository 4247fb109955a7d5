"""A device at work: event → capture → signature → outbox, then out to the service when there is one."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from scanner.device.capture import Capture, Event, capture_of
from scanner.device.client import Client, Verdict
from scanner.device.outbox import Outbox, State
from scanner.device.signing import Domain, address_of, sign


@dataclass(frozen=True, slots=True)
class Flushed:
    """What a flush did; `waiting` captures stay for the next, `reason` says why when the service did not answer."""

    accepted: int
    refused: int
    waiting: int
    reason: str = ""


def message_of(event: Event, signer: bytes, signature: bytes) -> str:
    """The message to a service: the event, who signed, and the signature."""
    body = {"event": event, "signer": "0x" + signer.hex(), "signature": "0x" + signature.hex()}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def signed_message(event: Event, key: bytes, domain: Domain) -> tuple[Capture, str]:
    """The capture of an event and its signed message. Malformed when the event is none we can sign."""
    capture = capture_of(event)
    return capture, message_of(event, address_of(key), sign(capture, key, domain))


class Session:
    """One device with its key, the contract it signs for, its outbox and its way to the service."""

    def __init__(self, key: bytes, domain: Domain, outbox: Outbox, client: Client, clock: Callable[[], float]) -> None:
        self._key, self._domain = key, domain
        self._outbox, self._client, self._clock = outbox, client, clock

    def capture(self, event: Event) -> Capture:
        """Sign an event and keep it: on return it is durable, and the device may beep. Sends nothing."""
        capture, message = signed_message(event, self._key, self._domain)
        self._outbox.add(capture.evidence, message, self._clock())
        return capture

    def flush(self) -> Flushed:
        """Send what waits, oldest first, until all is answered or nobody answers."""
        counted, reason = {State.ACCEPTED: 0, State.REFUSED: 0}, ""
        while (entry := self._outbox.next_due(self._clock())) is not None:
            answer = self._client.submit(entry.message)
            if answer.verdict is Verdict.LATER:
                reason = answer.reason
                self._outbox.postpone(entry.evidence, reason, self._clock())
                break
            state = State.ACCEPTED if answer.verdict is Verdict.ACCEPTED else State.REFUSED
            self._outbox.settle(entry.evidence, state, answer.reason, self._clock())
            counted[state] += 1
        waiting = self._outbox.counts()[State.WAITING]
        return Flushed(counted[State.ACCEPTED], counted[State.REFUSED], waiting, reason)

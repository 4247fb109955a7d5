"""Whose standing a step asks for. Pure.

One table for all who must agree on it: the books that judge a capture, the order in which captures and sanctions go on
chain (`backend.anchoring.jobs.bearing`), and the tests that play each row of it against the contract
(`BatchLedger._refusalOfStep`, `_refusalOfAddressee`, `_refusalOfConsignment`).
"""

from enum import StrEnum

from scanner.device.capture import Step


class Whose(StrEnum):
    """A party's part in a capture."""

    SPEAKER = "speaker"
    """Whose device signed it."""
    ADDRESSEE = "addressee"
    """To whom a shipment goes: its counterparty."""
    SENDER = "sender"
    """Who sent the consignment that it refers to."""


_OF_OTHERS = {Step.SHIP: Whose.ADDRESSEE, Step.RECEIVE: Whose.SENDER, Step.RETURN: Whose.SENDER}


def asked_for(step: Step, *, declares: bool = False) -> frozenset[Whose]:
    """Whose standing must be active for a step.

    A declaration that a step did not happen (`declares`) asks for its speaker alone, whoever took part in the step; so
    does a write-off of what is under way, since nobody else has to act for it.
    """
    other = None if declares else _OF_OTHERS.get(step)
    return frozenset({Whose.SPEAKER} if other is None else {Whose.SPEAKER, other})

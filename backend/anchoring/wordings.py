"""Nodes' words for refusing a transaction, as what they mean for it. Pure.

A shortcut only: whoever meets words that are not here asks the node for the transaction and the nonce instead.
"""

import re

from backend.anchoring.rules import Delivery

_JOINED = re.compile(r"(?<=[a-z])(?=[A-Z])|[_\-\s]+")
_REPLACED = re.compile(
    r"replac|under ?priced|same nonce"
    r"|(?:gas ?price|fee|tip|fee cap|premium)\b.{0,60}(?:too low|not enough|below|less than|lower than|under the)"
    r"|(?:too low|insufficient|low)\b.{0,20}(?:gas ?price|fee(?! for)|tip)\b|minimum gas ?price"
)
_NO_MONEY = re.compile(r"insufficient (?:funds|balance)|balance|upfront cost")
_USED = re.compile(
    r"nonce.{0,40}(?:too (?:low|small|old)|already|been used|is used|spent|expired|stale|check fail|is low|lower than)"
    r"|(?:old|low|used|stale|expired|spent|duplicate) nonce|invalid nonce; got"
)
_HAD = re.compile(
    r"already (?:known|import|exist|in\b|have|pending|present|queued|received|been|added|submitted|processed|accepted)"
    r"|known transaction|(?:transaction|tx) (?:is )?(?:known|exists)"
    r"|in (?:the )?(?:mem ?|tx ?|transaction )?pool already|same hash"
    r"|duplicate (?:transaction|tx)|(?:transaction|tx) duplicate"
)


def delivery_of(words: str) -> Delivery | None:
    """What became of a transaction that was refused in these words; None when they do not tell."""
    plain = " ".join(_JOINED.sub(" ", words).lower().split())
    if _REPLACED.search(plain) and not _NO_MONEY.search(plain):
        return Delivery.UNDERPRICED
    if _USED.search(plain):
        return Delivery.SPENT
    return Delivery.TAKEN if _HAD.search(plain) else None

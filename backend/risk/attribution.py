"""Which dealer a reading is held against, by who answers for the bottle. Pure.

No word of a party's own takes a bottle off him: what he gave back on paper to one whom the engine does not read (the
brand, its warehouses) is read against him, marked, until that one confirms it or has it in hand. And no word of one
whom the engine does not read (a shop, whose place is its supplier's market) makes a signature less than one.
"""

from collections.abc import Collection, Sequence

from backend.risk.assembly import Held
from backend.units.rules import Kind
from backend.units.rules_deliveries import Answer, GivenBack


def read(answers: Sequence[Answer], dealers: Collection[str], homes: Collection[str]) -> tuple[Held, ...]:
    """The dealers that answered for a bottle, in the order of time.

    `homes` are those who take a bottle out of a dealer's hands by having it back. A write-off on the way says nothing
    of who had it, so it is held against its teller only where he answered for the bottle before.
    """
    found: list[Held] = []
    for each in answers:
        word = each.returned
        if not (each.gln in dealers or each.gln in homes or each.back):
            continue
        if word is not None and word.by not in dealers and word.by not in homes:
            continue
        suspended = each.suspended.since if each.suspended else None
        if each.gln in dealers:
            found.append(Held(each.since, each.gln, each.word, word is not None, suspended))
        elif word is not None and word.by in dealers and _had_it(word, found):
            found.append(Held(each.since, word.by, word.evidence, suspended=suspended, given_back=True))
        else:
            found.append(Held(each.since, None))
    return tuple(sorted(found, key=lambda each: each.since))


def _had_it(word: GivenBack, before: Sequence[Held]) -> bool:
    return word.kind is not Kind.WRITE_OFF or (bool(before) and before[-1].dealer == word.by)

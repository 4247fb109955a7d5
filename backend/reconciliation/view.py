"""A difference as people read it: names of parties and places in the place of the chain's hashes and bits. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from backend.identity.rules import PARTY_ROLES, Standing
from backend.reconciliation.rules import Difference, DifferenceShown, Shown

STANDINGS = {1: Standing.ACTIVE, 2: Standing.SUSPENDED, 3: Standing.REVOKED}
"""The contract's numbers of standings (`Participants.Standing`)."""
_PARTIES = frozenset({"sender", "addressee", "counterparty", "party"})
Name = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Side:
    """One side's value. `kind` says what `value` is: absent, roles (names of roles), standing (its name), name (of a
    party or a place), or plain (a number, a truth or the beginning of an id)."""

    kind: str
    value: Shown | list[str] = None


def sides(first: DifferenceShown, party_name: Name, place_name: Name) -> tuple[Side, Side]:
    """What the books and what the chain say in `first`, a difference as `Difference.as_json` has it.

    `party_name` and `place_name` give the name that belongs to an id of the chain (64 hex digits), None if none does.
    """

    def side(value: Shown) -> Side:
        if value is None:
            return Side("absent")
        match first["field"]:
            case "roles":
                return Side("roles", [role for role, bit in PARTY_ROLES.items() if int(value) & bit])
            case "standing":
                return Side("standing", STANDINGS[int(value)])
            case "territory":
                return _named(place_name, str(value))
            case name if name in _PARTIES:
                return _named(party_name, str(value))
            case _:
                return Side("plain", value)

    return side(first["books"]), side(first["chain"])


def _named(name_of: Name, id_: str) -> Side:
    name = name_of(id_)
    return Side("plain", id_) if name is None else Side("name", name)


@dataclass(frozen=True, slots=True)
class Known:
    """What ids of the chain mean: (GTIN, batch number) of batches, GLNs of parties, and who said which capture (its GLN
    if the books know the party, and whether we were given it)."""

    batches: Mapping[bytes, tuple[str, str]]
    parties: Mapping[bytes, str]
    speakers: Mapping[bytes, tuple[str | None, bool]]


def named(each: Difference, known: Known) -> Difference:
    """A difference with the names that the books have for the ids of the chain."""
    names = each.names
    if names.batch is None and each.batch_id in known.batches:
        gtin, batch = known.batches[each.batch_id]
        names = replace(names, gtin=gtin, batch=batch)
    if names.party is None and each.party_id is not None and each.party_id in known.parties:
        names = replace(names, party=known.parties[each.party_id])
    speaker, is_ours = known.speakers.get(each.capture or b"", (None, True))
    return replace(each, names=names, speaker=speaker, past_us=not is_ours)

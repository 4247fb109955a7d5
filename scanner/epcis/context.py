"""The `@context` of a document: which prefixes and terms of its own it declares."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scanner.epcis.json_text import child
from scanner.epcis.vocabulary import OWN_PREFIXES, STANDARD_PREFIXES
from scanner.errors import Malformed


@dataclass(frozen=True, slots=True)
class Context:
    """Prefixes and terms by name, with the address each stands for; the standard ones are always there."""

    names: Mapping[str, str] = field(default_factory=lambda: STANDARD_PREFIXES)

    def declares(self, key: str) -> bool:
        """Whether `key` is an extension: a declared term, a name with a declared prefix, or a whole address."""
        prefix, colon, local = key.partition(":")
        if not colon:
            return key in self.names
        return bool(local) and (prefix in self.names or prefix == "urn" or local.startswith("//"))


STANDARD = Context()
OWN = Context(STANDARD_PREFIXES | OWN_PREFIXES)


def parse_context(value: object, path: str = "@context", outer: Context = STANDARD) -> Context:
    """The names that `value` declares, on top of those of `outer`; raises Malformed."""
    entries = value if isinstance(value, list) else [value]
    if not entries or not all(isinstance(entry, str | dict) and entry != "" for entry in entries):
        raise Malformed(path, "must be an address, an object, or a list of them")
    names = dict(outer.names)
    for at, entry in enumerate(entries):
        if isinstance(entry, dict):
            where = f"{path}[{at}]" if isinstance(value, list) else path
            for name, meaning in entry.items():
                names[name] = _address(meaning, child(where, name))
    return Context(names)


def _address(meaning: object, path: str) -> str:
    if isinstance(meaning, dict):
        meaning = meaning.get("@id", "")
    if meaning is None or isinstance(meaning, bool | int):  # keywords such as @version and @protected
        return ""
    if not isinstance(meaning, str):
        raise Malformed(path, "must be an address")
    return meaning

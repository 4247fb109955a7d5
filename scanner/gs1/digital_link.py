"""GS1 Digital Link URIs (GS1 Digital Link Standard: URI Syntax 1.6), uncompressed.

Any domain and path stem is taken. The spellings of release 1.1 (short names such as `gtin` and `lot`, GTINs of 8, 12
or 13 digits, the location keys 410-413 and 416) are refused unless the caller asks for them with `legacy=True`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from scanner.errors import Malformed
from scanner.gs1.application_identifiers import get
from scanner.gs1.associations import Element
from scanner.gs1.content import check_value
from scanner.gs1.percent import decode_path, decode_query, encode_path, encode_query

CANONICAL_STEM = "https://id.gs1.org"
WHAT = "digital link"

# Primary keys with their sequences of qualifiers; within a sequence each may be left out, none may move.
_GTIN = (("22", "10", "21"), ("235",))
PRIMARY_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "00": (), "01": _GTIN, "253": (), "255": (), "401": (), "402": (), "414": (("254",), ("7040",)),
    "415": (("8020",),), "417": (("7040",),), "8003": (), "8004": (("7040",),), "8006": _GTIN[:1], "8010": (("8011",),),
    "8013": (), "8017": (("8019",),), "8018": (("8019",),),
}  # fmt: skip
LEGACY_KEYS: dict[str, tuple[tuple[str, ...], ...]] = dict.fromkeys(("410", "411", "412", "413", "416"), ())
SHORT_NAMES = {
    "sscc": "00", "gtin": "01", "gdti": "253", "gcn": "255", "ginc": "401", "gsin": "402", "shipTo": "410",
    "billTo": "411", "purchasedFrom": "412", "shipFor": "413", "gln": "414", "payTo": "415", "glnProd": "416",
    "party": "417", "grai": "8003", "giai": "8004", "itip": "8006", "cpid": "8010", "gmn": "8013", "gsrnp": "8017",
    "gsrn": "8018", "cpv": "22", "lot": "10", "ser": "21", "glnx": "254", "cpsn": "8011", "srin": "8019",
    "refno": "8020", "exp": "17",
}  # fmt: skip
# Parts of a key never go into the query, and neither does a web address of the product.
_NOT_ATTRIBUTES = frozenset({"22", "235", "8200"})

_URI = re.compile(
    r"(?P<scheme>[A-Za-z]+)://(?P<domain>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?", re.DOTALL
)
_CHARACTERS = re.compile(r"[-A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%]*")
_SECOND_ADDRESS = re.compile(r"https?:/", re.IGNORECASE)
_DOMAIN = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """A Digital Link taken apart; `stem` is scheme, domain and path before the key, `others` are foreign parameters."""

    domain: str
    primary: Element
    qualifiers: tuple[Element, ...] = ()
    attributes: tuple[Element, ...] = ()
    stem: str = CANONICAL_STEM
    others: tuple[tuple[str, str], ...] = ()

    def value(self, code: str) -> str | None:
        """The value of an AI wherever it stands, or None."""
        return dict(self.elements).get(code)

    @property
    def elements(self) -> tuple[Element, ...]:
        """Primary key, qualifiers and attributes, in this order."""
        return (self.primary, *self.qualifiers, *self.attributes)


def parse(uri: str, *, legacy: bool = False) -> DigitalLink:
    """Take a Digital Link apart; raises Malformed with the AI or the part that is wrong."""
    if not _CHARACTERS.fullmatch(uri):
        raise Malformed(WHAT, "holds a character that no web address may hold")
    if (match := _URI.fullmatch(uri)) is None or match["scheme"] not in ("http", "https", "HTTP", "HTTPS"):
        raise Malformed(WHAT, "must begin with http:// or https://")
    _check_domain(match["domain"])
    if _SECOND_ADDRESS.search(match["path"]):
        raise Malformed(WHAT, "holds a second web address: two codes have run together")
    keys = PRIMARY_KEYS | LEGACY_KEYS if legacy else PRIMARY_KEYS
    segments = _segments(match["path"], keys, legacy)
    at = _primary_at(segments, keys, legacy)
    pairs = [
        _element(segments[place], decode_path(segments[place + 1]), legacy) for place in range(at, len(segments), 2)
    ]
    primary, qualifiers = pairs[0], tuple(pairs[1:])
    present = [code for code, _ in qualifiers]
    if present and not any(_in_order(present, sequence) for sequence in keys[primary[0]]):
        raise Malformed(WHAT, f"{'/'.join(present)} cannot follow {primary[0]} in this order")
    attributes, others = _query(match["query"] or "", primary[0], present, keys[primary[0]], legacy)
    stem = "/".join([f"{match['scheme'].lower()}://{match['domain']}", *segments[:at]])
    return DigitalLink(match["domain"], primary, qualifiers, attributes, stem, others)


def parse_name(uri: str) -> DigitalLink:
    """What the path of a link names. What its query says is not looked into, only that it is no part of the name.

    Raises:
        Malformed: with the AI or the part that is wrong.
    """
    if not _CHARACTERS.fullmatch(uri):
        raise Malformed(WHAT, "holds a character that no web address may hold")
    path, _, query = uri.partition("#")[0].partition("?")
    link = parse(path)
    parts = {link.primary[0], *_NOT_ATTRIBUTES, *(code for each in PRIMARY_KEYS[link.primary[0]] for code in each)}
    for item in query.split("&"):
        name, equals, _ = item.partition("=")
        if equals and decode_path(name) in parts:
            raise Malformed(decode_path(name), "belongs in the path")
    return link


def _check_domain(domain: str) -> None:
    match = _DOMAIN.fullmatch(domain)
    if match is None or not 0 <= int(match[2] or 0) <= 65535:
        raise Malformed(WHAT, f"{domain!r} is not a domain")


def _code(name: str, legacy: bool) -> str:
    return SHORT_NAMES.get(name, name) if legacy else name


def _segments(path: str, keys: dict[str, tuple[tuple[str, ...], ...]], legacy: bool) -> list[str]:
    """Parts of the path, without the slash behind a whole link; behind a name it stands for a value that is empty."""
    whole = path.split("/")[1:]
    if whole[-1:] == [""] and any(_code(name, legacy) in keys for name in whole[-3::-2]):
        return whole[:-1]
    return whole


def _primary_at(segments: list[str], keys: dict[str, tuple[tuple[str, ...], ...]], legacy: bool) -> int:
    """Where the key stands: the last one that leaves whole pairs behind it, since a stem may look like a key."""
    for at in range(len(segments) - 2, -1, -2):
        if _code(segments[at], legacy) in keys:
            return at
    if any(_code(name, legacy) in keys for name in segments):
        raise Malformed(WHAT, "has a part without its value behind the GS1 key in its path")
    raise Malformed(WHAT, "has no GS1 key in its path")


def _element(name: str, value: str, legacy: bool) -> Element:
    code = _code(name, legacy)
    if legacy and code == "01" and len(value) in (8, 12, 13):
        value = value.zfill(14)
    check_value(code, value)
    return code, value


def _in_order(present: list[str], sequence: tuple[str, ...]) -> bool:
    rest = iter(sequence)
    return all(code in rest for code in present)


def _query(
    query: str, primary: str, path: list[str], sequences: tuple[tuple[str, ...], ...], legacy: bool
) -> tuple[tuple[Element, ...], tuple[tuple[str, str], ...]]:
    attributes: dict[str, str] = {}
    others = []
    # AIs that belong in the path: those of every sequence that the path leaves open.
    owned = {primary, *path} | {code for sequence in sequences if set(path) <= set(sequence) for code in sequence}
    for item in filter(None, query.split("&")):
        name, equals, text = item.partition("=")
        code = _code(decode_query(name), legacy)
        if not equals or not code.isdigit():
            others.append((decode_query(name), decode_query(text)))
            continue
        if code in owned:
            raise Malformed(code, "belongs in the path")
        if code in _NOT_ATTRIBUTES:
            raise Malformed(code, "cannot be an attribute")
        code, value = _element(code, decode_query(text), legacy)
        if attributes.setdefault(code, value) != value:
            raise Malformed(code, "is there twice with different values")
    return tuple(attributes.items()), tuple(others)


def format(link: DigitalLink, *, short_names: bool = False) -> str:
    """The URI; `parse(format(link)) == link` for every link that `parse` or `of_elements` gave."""
    names = {code: name for name, code in SHORT_NAMES.items()} if short_names else {}
    path = "".join(f"/{names.get(code, code)}/{encode_path(value)}" for code, value in (link.primary, *link.qualifiers))
    parameters = [(names.get(code, code), value) for code, value in link.attributes] + list(link.others)
    query = "&".join(f"{encode_query(name)}={encode_query(value)}" for name, value in parameters)
    return link.stem + path + (f"?{query}" if query else "")


def of_elements(elements: Sequence[Element], *, stem: str = CANONICAL_STEM, legacy: bool = False) -> DigitalLink:
    """The link of an element string: the first primary key leads, its qualifiers follow, the rest is query."""
    keys = PRIMARY_KEYS | LEGACY_KEYS if legacy else PRIMARY_KEYS
    values: dict[str, str] = {}
    for code, value in elements:
        get(code)
        if values.setdefault(code, value) != value:
            raise Malformed(code, "is there twice with different values")
    primary = next((code for code in values if code in keys), None)
    if primary is None:
        raise Malformed(WHAT, "needs a GS1 key")
    sequence = max(keys[primary], key=lambda codes: len(values.keys() & set(codes)), default=())
    qualifiers = [code for code in sequence if code in values]
    attributes = [code for code in values if code != primary and code not in qualifiers]
    link = DigitalLink(
        domain=_domain_of(stem),
        primary=(primary, values[primary]),
        qualifiers=tuple((code, values[code]) for code in qualifiers),
        attributes=tuple((code, values[code]) for code in attributes),
        stem=_without_default_port(stem.rstrip("/")),
    )
    parse(format(link), legacy=legacy)
    return link


def _domain_of(stem: str) -> str:
    match = _URI.fullmatch(_without_default_port(stem))
    if match is None or match["query"] is not None or not _CHARACTERS.fullmatch(stem) or "#" in stem:
        raise Malformed(WHAT, f"{stem!r} is not the beginning of a web address")
    return match["domain"]


def _without_default_port(stem: str) -> str:
    return re.sub(r"^(https://[^/?#]*):443(?=/|$)|^(http://[^/?#]*):80(?=/|$)", lambda m: m[1] or m[2], stem)

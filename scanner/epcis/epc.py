"""EPC URIs (`urn:epc:...`, EPC Tag Data Standard 2.0): their shapes, and the Digital Link that says the same."""

import re

from scanner.gs1.check_digit import check_digit
from scanner.gs1.digital_link import CANONICAL_STEM

_SERIAL = r"(?:%[0-9A-Fa-f]{2}|[!'()*+,.0-9:;=A-Za-z_-])"
_PART = r"(?:%[0-9A-Fa-f]{2}|[0-9A-Z-])"
_COMPANY = r"(?P<company>[0-9]{6,12})\.(?P<ref>[0-9]*)"
_OPEN_COMPANY = rf"(?P<company>[0-9]{{6,12}})\.(?P<ref>{_SERIAL}{{1,24}})"
_TAIL = rf"\.(?P<tail>{_SERIAL}{{1,28}}|\*)"

# Scheme: shape behind the last colon, and how many digits company prefix and reference have together (None: open).
_SHAPES: dict[str, tuple[re.Pattern[str], int | None]] = {
    name: (re.compile(shape), digits)
    for name, shape, digits in (
        ("sgtin", _COMPANY + _TAIL, 13),
        ("lgtin", _COMPANY + _TAIL, 13),
        ("upui", _COMPANY + _TAIL, 13),
        ("itip", _COMPANY + r"\.(?P<pieces>[0-9]{2}\.[0-9]{2})" + _TAIL, 13),
        ("sscc", _COMPANY, 17),
        ("gsrn", _COMPANY, 17),
        ("gsrnp", _COMPANY, 17),
        ("gsin", _COMPANY, 16),
        ("pgln", _COMPANY, 12),
        ("sgln", _COMPANY + _TAIL, 12),
        ("grai", _COMPANY + _TAIL, 12),
        ("gdti", _COMPANY + _TAIL, 12),
        ("sgcn", _COMPANY + r"\.(?P<tail>[0-9]{1,12}|\*)", 12),
        ("giai", _OPEN_COMPANY, None),
        ("ginc", _OPEN_COMPANY, None),
        ("cpi", rf"(?P<company>[0-9]{{6,12}})\.(?P<ref>{_PART}{{1,24}})\.(?P<tail>[0-9]{{1,12}}|\*)", None),
    )
}
_OTHER_SCHEMES = frozenset({"adi", "bic", "gid", "imovn", "usdod"})  # EPCs of other bodies, taken as they are
_FAMILY = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):(.+)", re.DOTALL)


def complaint(uri: str) -> str | None:
    """Why `uri` is no EPC URI of its scheme, or None; URIs outside `urn:epc:id|class|idpat` are never complained of."""
    if not uri.startswith(("urn:epc:id:", "urn:epc:class:", "urn:epc:idpat:")):
        return None
    match = _FAMILY.fullmatch(uri)
    if match is None or (match[2] not in _SHAPES and match[2] not in _OTHER_SCHEMES):
        return f"{uri!r} is of no known EPC scheme"
    if match[2] in _OTHER_SCHEMES or (match[1] == "idpat" and "*" in match[3]):
        return None
    return None if _taken_apart(match[2], match[3]) else f"{uri!r} is not a well formed {match[2]}"


def _taken_apart(scheme: str, text: str) -> dict[str, str] | None:
    shape, digits = _SHAPES[scheme]
    match = shape.fullmatch(text)
    if match is None or (digits is not None and len(match["company"] + match["ref"]) != digits):
        return None
    return match.groupdict()


def digital_link(uri: str) -> str | None:
    """The canonical Digital Link of an EPC URI as the CBV event hash wants it, or None when there is none."""
    match = _FAMILY.fullmatch(uri)
    if match is None or match[2] not in _SHAPES or (parts := _taken_apart(match[2], match[3])) is None:
        return None
    company, ref, tail = parts["company"], parts["ref"], parts.get("tail") or ""
    serial = "" if tail == "*" else _encoded(tail)
    body = ref[:1] + company + ref[1:]  # the indicator or extension digit leads the company prefix
    match match[2]:
        case "sgtin" | "upui" | "lgtin" as scheme:
            qualifier = {"sgtin": "/21/", "upui": "/235/", "lgtin": "/10/"}[scheme] if serial else ""
            path = f"01/{_whole(body)}{qualifier}{serial}"
        case "itip":
            path = f"8006/{_whole(body)}{parts['pieces'].replace('.', '')}" + (f"/21/{serial}" if serial else "")
        case "sscc":
            path = f"00/{_whole(body)}"
        case "gsrn" | "gsrnp" | "gsin" | "pgln" as scheme:
            path = (
                f"{ {'gsrn': '8018', 'gsrnp': '8017', 'gsin': '402', 'pgln': '417'}[scheme] }/{_whole(company + ref)}"
            )
        case "sgln":
            path = f"414/{_whole(company + ref)}" + (f"/254/{serial}" if serial not in ("", "0") else "")
        case "grai":
            path = f"8003/0{_whole(company + ref)}{serial}"
        case "gdti" | "sgcn" as scheme:
            path = f"{'253' if scheme == 'gdti' else '255'}/{_whole(company + ref)}{serial}"
        case "giai" | "ginc" as scheme:
            path = f"{'8004' if scheme == 'giai' else '401'}/{company}{_encoded(ref)}"
        case _:
            path = f"8010/{company}{_encoded(ref)}" + (f"/8011/{serial}" if serial else "")
    return f"{CANONICAL_STEM}/{path}"


def _whole(body: str) -> str:
    return body + check_digit(body)


def _encoded(text: str) -> str:
    """EPC URIs already escape most characters; these are escaped in Digital Links only."""
    return "".join(f"%{ord(letter):02X}" if letter in "!()*+,:" else letter for letter in text)

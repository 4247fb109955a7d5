"""One spelling for each value in the CBV 2.0 event hash: times, numbers, vocabulary words, GS1 keys."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from scanner.epcis import epc
from scanner.epcis import vocabulary as cbv
from scanner.epcis.context import Context
from scanner.gs1.digital_link import CANONICAL_STEM

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_FRONTS = {
    f"urn:epcglobal:cbv:{vocabulary.urn.split(':')[-2]}:": vocabulary.web
    for vocabulary in (
        cbv.BIZ_STEP, cbv.DISPOSITION, cbv.BIZ_TRANSACTION_TYPE, cbv.SOURCE_DESTINATION_TYPE, cbv.ERROR_REASON,
    )
    if vocabulary.urn
}  # fmt: skip
_GS1_PREFIXES = ("cbv", "epcis", "gs1")

# Characters that the reference implementation takes in a serial; a percent sign is not one of them.
_WORD = r"[\"'\-.0-9;<=>?A-Z_a-z]"
_SHORT = {
    "sscc": "00", "gtin": "01", "gdti": "253", "gcn": "255", "ginc": "401", "gsin": "402", "gln": "414",
    "party": "417", "grai": "8003", "giai": "8004", "itip": "8006", "cpid": "8010", "gsrnp": "8017", "gsrn": "8018",
    "cpv": "22", "lot": "10", "ser": "21",
}  # fmt: skip
_KEYS = frozenset(code for code in _SHORT.values() if code not in ("22", "10", "21"))
_LINK = re.compile(
    rf"""00/[0-9]{{18}}
    | 01/[0-9]{{14}}(/(21|10)/{_WORD}{{0,20}}|/235/{_WORD}{{0,28}})?
    | 253/[0-9]{{13}}{_WORD}{{0,17}} | 255/[0-9]{{13,25}} | 401/{_WORD}{{0,30}} | 402/[0-9]{{17}}
    | 414/[0-9]{{13}}(/254/{_WORD}{{0,20}})? | 417/[0-9]{{13}}
    | 8003/[0-9]{{14}}{_WORD}{{0,16}} | 8004/{_WORD}{{0,30}} | 8006/[0-9]{{18}}(/(21|10)/{_WORD}{{0,20}})?
    | 8010/[-0-9A-Z]{{0,30}}(/8011/[0-9]{{0,12}})? | 801[78]/[0-9]{{18}}""",
    re.VERBOSE,
)


def normal_time(text: str) -> str:
    """UTC with milliseconds, a fourth digit of 5 and more rounds up; a time that cannot be read stays as it is."""
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC) + timedelta(microseconds=500)
    except (ValueError, OverflowError):
        return text
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def normal_value(value: object, context: Context) -> str:
    """A JSON value that is no object and no list, as the hash spells it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value) if isinstance(value, float) else str(value)
    if _NUMBER.fullmatch(text):
        return _normal_number(text)
    for front, web in _FRONTS.items():
        text = text.replace(front, web)
    prefix, colon, local = text.partition(":")
    if colon and prefix in _GS1_PREFIXES:
        text = context.names[prefix] + local
    return epc.digital_link(text) or normal_link(text) or text


def _normal_number(text: str) -> str:
    """Without leading and trailing zeros; exact, however long."""
    number = Decimal(text)
    plain = f"{number:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    sign = "-" if plain.startswith("-") else ""
    digits = plain.lstrip("-").lstrip("0")
    if digits.startswith("."):
        digits = "0" + digits
    return sign + digits if digits else "0"


def normal_link(uri: str) -> str | None:
    """A Digital Link at id.gs1.org with the finest level only and no query, or None when `uri` is not one."""
    if not uri.startswith(("https://", "http://")):
        return None
    segments = [_SHORT.get(segment, segment) for segment in uri.partition("?")[0].split("/")[3:]]
    for at, code in enumerate(segments[:-1]):
        if code in _KEYS and re.match("[0-9]{4}", segments[at + 1]):
            path = "/".join(_finest(segments[at:]))
            if _LINK.fullmatch(path):
                return f"{CANONICAL_STEM}/{path}"
    return None


def _finest(segments: list[str]) -> list[str]:
    code, key, *qualifiers = segments
    if code == "01" and len(key) in (8, 12, 13):
        key = key.zfill(14)
    pairs = [qualifiers[at : at + 2] for at in range(0, len(qualifiers), 2)]
    if code in ("01", "8006"):
        pairs = [pair for pair in pairs if pair[0] != "22"]
        if [pair[0] for pair in pairs] == ["10", "21"]:
            pairs = pairs[1:]
    return [code, key, *(part for pair in pairs for part in pair)]

"""Amounts of money as people type them. Pure."""

import re

from backend.errors import Malformed

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x2212: "-"}
_BEFORE = re.compile(r"(?i)^(?:人民币|RMB|CNY)?\s*[¥￥]?\s*")
_AFTER = re.compile(r"(?i)\s*(?:(?:元|圆|块)(?:钱|整)?|RMB|CNY)?(?:\s*(?:/|每|一|1)?\s*瓶)?$")
_PLAIN = re.compile(r"(?a)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{0,2}))?")
_DECIMAL_COMMA = re.compile(r"(?a)(\d+),(\d\d)")
_MOST = 40
"""Characters of an amount; nobody owes more."""


class AmountUnread(Malformed):
    """This amount of money cannot be read for certain; write it as 399, 399.50 or 1,299."""


def narrow(text: str) -> str:
    """Full-width digits, letters and signs as those of ASCII."""
    return text.translate(_FULL_WIDTH).strip()


def unmarked(text: str) -> str:
    """An amount without the marks that say that it is yuan (¥399, 399元, RMB 399, 399块钱, 399元/瓶), narrow."""
    return _AFTER.sub("", _BEFORE.sub("", narrow(text))).strip()


def parse_fen(text: str, field: str = "price_yuan") -> int | None:
    """Fen of an amount in yuan, or None for an empty text.

    Commas stand between thousands, in threes; one comma before exactly two digits stands for the decimal point. What
    could mean two things is not guessed at.

    Raises:
        AmountUnread: with `why`: signs, commas or decimals.
    """
    bare = unmarked(text).replace("。", ".") if len(text) <= _MOST else "?"
    if not bare:
        if text.strip():
            raise AmountUnread(why="signs", field=field)
        return None
    match = _DECIMAL_COMMA.fullmatch(bare) or _PLAIN.fullmatch(bare)
    if match is None:
        raise AmountUnread(why=_why(bare), field=field)
    return int(match[1].replace(",", "")) * 100 + int((match[2] or "").ljust(2, "0"))


def _why(bare: str) -> str:
    if not re.fullmatch(r"(?a)[\d.,]+", bare):
        return "signs"
    return "commas" if "," in bare else "decimals"

"""The values of a cell as people and spreadsheets write them. Pure; `Unread` says why one cannot be understood."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from backend.china_time import CHINA
from backend.integrations.kinds import Kind, kind_of
from backend.money import narrow, unmarked
from scanner.errors import Malformed
from scanner.gs1.identifiers import Gtin

BOTTLES_MAX = 2**53
_NO_DATE = ("is not a date like 2026-03-18", "不是 2026-03-18 这样的日期")


class Unread(ValueError):
    """A cell that cannot be understood, and why, in English and Chinese."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.chinese = chinese


_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_FORMULA = re.compile(r'=\s*"(.*)"', re.DOTALL)


def cell(text: str) -> str:
    """A cell without what a spreadsheet puts around a text: `="690…"`, an apostrophe before digits, unseen signs."""
    bare = text.translate(_UNSEEN).strip()
    if match := _FORMULA.fullmatch(bare):
        bare = match[1].strip()
    return bare[1:] if bare[:1] in "'\u2018\u2019`" and bare[1:2].isdigit() else bare


_SHORTENED = re.compile(r"(?a)[+-]?\d+(?:[.,]\d+)?[Ee]\+\d{1,3}|[+-]?\d+[.,]\d+[Ee]\d{1,3}")
_CODE = re.compile(r"(?a)\d+(?:\.0*)?")


def parse_code(text: str) -> str:
    """A code or a name of a thing. A GTIN of 12, 13 or 14 digits is told by its 14 digits, however it was written."""
    plain = narrow(text)
    if _SHORTENED.fullmatch(plain):
        raise Unread(
            "was shortened by a spreadsheet, its digits are lost; format the column as text",
            "被表格软件缩写过，数字已经丢失；请把这一列的格式设为文本，再从原系统导出",
        )
    if not _CODE.fullmatch(plain):
        return text
    digits = plain.partition(".")[0]
    if len(digits) not in (12, 13, 14):
        return digits
    try:
        return Gtin.parse(digits).value
    except Malformed:
        return digits


_DAY = r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?|(\d{4})(\d\d)(\d\d)?"
_WEEKDAY = r"(?:\s*[(]?(?:星期|周|礼拜)[一二三四五六日天][)]?)?"
_HALF = r"凌晨|早上|清晨|上午|中午|下午|傍晚|晚上|[AaPp]\.?[Mm]\.?"
_CLOCK = r"([01]?\d|2[0-4])(?:[:时点]([0-5]\d)分?(?:[:]?([0-5]\d|60)(?:[.,]\d+)?秒?)?|[时点]整?)"
_ZONE = r"Z|UTC|GMT|[+-](?:0\d|1[0-4]):?(?:[0-5]\d)?"
_UTC = ("Z", "UTC", "GMT", "+00:00", "+0000", "+00")
_TIME = rf"\s*(?:{_HALF})?\s*(?<!\d)(?P<clock>{_CLOCK})\s*(?:{_HALF})?\s*(?P<zone>{_ZONE})?"
_DATE = re.compile(rf"(?a)(?:{_DAY}){_WEEKDAY}(?:\s*T?{_TIME})?")


def parse_date(text: str) -> date:
    """A day, or the first day of a month.

    Written as 2022-08-30, 2022/8/30, 2022.8.30, 2022年8月30日, 20220830, 2022-08, 2022年8月, each with a time or not:
    14:05, 下午2:05, 2:05 PM, 14时05分, T14:05:09+08:00. A time with an offset was written on that clock, so its day
    stands as written; one in UTC names an instant, and the day is China's. Days or months that come first are not
    guessed at.
    """
    match = _DATE.fullmatch(narrow(text))
    if match is None:
        raise Unread(*_NO_DATE)
    year, month, day = (int(part or 1) for part in (match[1] and match.group(1, 2, 3)) or match.group(4, 5, 6))
    if match["clock"] and not (match[3] or match[6]):
        raise Unread(*_NO_DATE)
    try:
        on = date(year, month, day)
        return _in_china(on, match["clock"]) if match["zone"] in _UTC else on
    except (ValueError, OverflowError) as error:
        raise Unread("is not a day of the calendar", "日历上没有这一天") from error


def _in_china(on: date, clock: str) -> date:
    hour = int(re.split("[:时点]", clock)[0])
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC).astimezone(CHINA).date()


_NUMBER = re.compile(r"(?a)[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?|[+-]?\.\d+")
_WITH_UNIT = re.compile(r"(?a)([+-]?[\d.,]+)\s*([A-Za-z\u4e00-\u9fff]+)\.?")


def parse_number(text: str) -> Decimal:
    """A number with a point for decimals and commas between thousands, or none; currency signs are dropped."""
    bare = unmarked(narrow(text).strip("¥￥$€"))
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    if not _NUMBER.fullmatch(bare):
        raise Unread("is not a number", "不是数字")
    try:
        return Decimal(bare.replace(",", ""))
    except InvalidOperation as error:
        raise Unread("is not a number", "不是数字") from error


def parse_bottles(text: str) -> int:
    """A whole number of bottles; a unit behind it must be the bottle."""
    if match := _WITH_UNIT.fullmatch(narrow(text)):
        check_unit(match[2])
        text = match[1]
    number = parse_number(text)
    if number != number.to_integral_value():
        raise Unread("is not a whole number of bottles", "瓶数不是整数")
    if abs(number) > BOTTLES_MAX:
        raise Unread("is more than anybody can sell", "数量大得不可能")
    return int(number)


_BOTTLE_WORDS = frozenset({"瓶", "支", "bottle", "bottles", "btl", "btls", "bt"})


def check_unit(text: str) -> None:
    """Raises Unread when a unit is not the bottle: how many bottles 箱, 件, 提, 盒 hold is not in the table."""
    unit = narrow(text).lower().rstrip(".")
    if not unit:
        raise Unread("is empty: it is not said what was counted", "是空的：没有说数的是什么")
    if unit not in _BOTTLE_WORDS:
        raise Unread(
            f"is {text}, not bottles; give the quantity in bottles: how many a {text} holds is not in the table. Add a"
            " column named bottles that counts them, or turn the quantity into bottles and the unit too",
            f"单位是{text}，不是瓶，一{text}几瓶表里没有：请加一列「瓶数」，或把数量换算成瓶、单位改成瓶，再导入",
        )


_NEITHER: Mapping[Kind, tuple[str, str]] = {
    Kind.OTHER: ("neither a sale nor a return of goods", "既不是销售，也不是退货"),
    Kind.BACK: (
        "neither a sale nor a return of goods by a customer: they go back to a supplier or a store house",
        "是退给供应商或仓库的货，既不是销售，也不是客户退货",
    ),
    Kind.UNKNOWN: (
        "neither a sale nor a return of goods by words that are known; if it is one, write sale or return there",
        "认不出是销售还是退货：如果是，请改写为「销售」或「退货」再导入",
    ),
}


def is_return(text: str, *, about_deals: bool) -> bool:
    """Whether a row of this kind is goods taken back. `about_deals`: the column can say nothing but what was done.

    Raises:
        Unread: it is neither a sale nor a return, or not known to be one.
    """
    kind = kind_of(text, about_deals=about_deals)
    if kind in _NEITHER:
        english, chinese = _NEITHER[kind]
        raise Unread(f"is {text}: {english}", f"是{text}：{chinese}")
    return kind is Kind.RETURN


_SUM = re.compile(
    r"(?i).{0,20}?(?:合\s*计|总\s*计|小\s*计|共\s*计|累\s*计)\s*(?:\(.*\))?:?|"
    r"(?:.{0,40}\s)?(?:sub[\s-]?|grand )totals?\s*(?:\(.*\))?:?"
)
_SUM_OR_NAME = re.compile(r"(?i)(?:.{0,40}\s)?totals?\s*(?:\(.*\))?:?")


def is_total(text: str) -> bool:
    """Whether a cell says that its row sums other rows up, if nothing else in the row speaks against it."""
    return is_sum(text) or _SUM_OR_NAME.fullmatch(narrow(text)) is not None


def is_sum(text: str) -> bool:
    """Whether a cell can be nothing but the label of a sum: 合计, Subtotal; Total is also a chain of shops."""
    return _SUM.fullmatch(narrow(text)) is not None

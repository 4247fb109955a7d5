"""Which of a table's columns count bottles, which count goods taken back, and which cannot be told apart. Pure."""

import re
from collections.abc import Mapping, Sequence

from backend.errors import Malformed
from backend.money import narrow


class QuantitiesUnclear(Malformed):
    """Several columns count the goods of a row, and how they belong together is not said."""


_COUNT = r"(?:总?数量?|数目|量)"
_PACK = r"(?:箱|件|提|盒|打|包)"
_LATIN_PACK = r"(?:cases?|cartons?|ctns?|cs|box|boxes|dozens?|packs|crates?)"
_DONE = r"(?:sold|shipped|returned|sales?|full|ordered|delivered)"
_LATIN_COUNT = r"(?:qty|quantity|count|number_of|number|no_of|units?)"
_HAN_DONE = r"(?:总|整|大|销售|销|出库|发货|开单|订单|订货|实发|实销|净|客户|退货|退回|销退|退)*"
_CASES = re.compile(
    rf"{_HAN_DONE}{_PACK}(?:{_COUNT})?(?:\(整\))?|{_HAN_DONE}(?:{_COUNT})_?\(?(?:整|大)?{_PACK}\)?|"
    rf"(?:(?:{_DONE}|{_LATIN_COUNT})_)*{_LATIN_PACK}(?:_(?:{_DONE}|{_LATIN_COUNT}))*|"
    rf"(?:(?:{_DONE}|{_LATIN_COUNT})_?)+\({_LATIN_PACK}\)"
)
_LOOSE = re.compile(
    rf"(?:零|散|余|尾|单){{1,2}}[瓶支](?:{_COUNT})?|(?:loose|odd|single)_(?:bottles?|btls?|units?)(?:_.*)?"
)
_WHOLE = re.compile(r".*(?:总瓶数|合计瓶数|瓶数合计|折合瓶数|total_bottles|bottles_total|all_bottles).*")
_NET = re.compile(r".*(?:净|实销|实际销).*|(?:.*_)?net(?:_.*)?")
_BY_BOTTLE = re.compile(r".*(?:瓶|支|bottles?|btls?).*")
_RETURNED = re.compile(
    rf"(?:其中)?_?(?:客户|顾客|销售|门店|终端|本期|本月)?(?:退货|退回|销退|退)(?:商品)?(?:[瓶支]?{_COUNT})?(?:_?\([瓶支]\))?|"
    rf"(?:(?:sales?|customer|bottles?|btls?|units?|{_LATIN_COUNT})_)*(?:returns?|returned)"
    rf"(?:_(?:bottles?|btls?|units?|pieces|{_LATIN_COUNT}))*(?:_?\((?:bottles?|btls?)\))?"
)
# What else may count goods taken back; not what went back to a supplier, and no share, paper or term of returns.
_RETURNED_TOO = re.compile(
    r"(?!.*(?:采购|供|厂|仓|库|进|购|率|单|款|号|天|次|可退))(?=.*退).*(?:数|量|[瓶支])\)?|"
    r"(?!.*(?:vendor|supplier|purchase|rate|returnable|days|number_of))(?=.*(?:return|refund|rtn))"
    r".*(?:qty|quantity|bottles|btls|units|pieces).*"
)
_REFUNDED = re.compile(
    r"(?:客户|销售)?(?:退货|退回|销退|退款)(?:总?金额|总?额|款)|"
    r"(?:returns?|returned|refund|refunds|refunded)_(?:amount|value|total)|(?:amount|value)_(?:returned|refunded)|"
    r"refunds?|refunded"
)


def is_net(name: str) -> bool:
    """Whether a column is named as what is left after the returns: 净销量, net_quantity."""
    return _NET.fullmatch(narrow(name)) is not None


def find_returned(plain: Sequence[str], found: Mapping[str, int]) -> dict[str, int]:
    """The columns of goods taken back and of the money for them, which belong to the columns found for a sale.

    Raises:
        QuantitiesUnclear: there are two of them, or one that may be another thing (退换数量).
    """
    if "bottles" not in found or is_net(plain[found["bottles"]]):
        return {}
    more: dict[str, int] = {}
    free = [at for at in range(len(plain)) if at not in found.values()]
    returned = [at for at in free if _RETURNED.fullmatch(narrow(plain[at]))]
    maybe = [at for at in free if at in returned or _RETURNED_TOO.fullmatch(narrow(plain[at]))]
    if (len(returned) > 1 or maybe != returned) and "returned" not in found:
        _unclear([plain[found["bottles"]], *(plain[at] for at in maybe)], "returned")
    if returned and "returned" not in found:
        more["returned"] = returned[0]
    refunded = [at for at in free if _REFUNDED.fullmatch(narrow(plain[at]))]
    if refunded and "refunded" not in found and "amount" in found and not is_net(plain[found["amount"]]):
        more["refunded"] = refunded[0]
    return more if {"returned"} & (more.keys() | found.keys()) else {}


def check(plain: Sequence[str], header: Sequence[str], found: Mapping[str, int], stated: Mapping[str, str]) -> None:
    """See that the bottles of a row are told by one column, or that the user said which one counts them all.

    Raises:
        QuantitiesUnclear: cases stand beside bottles, or a column of bottles stands there twice.
    """
    chosen = plain[found["bottles"]]
    others = {at: name for at, name in enumerate(plain) if at != found["bottles"]}
    cases = [at for at, name in others.items() if _CASES.fullmatch(narrow(name)) and at not in found.values()]
    back = [at for at in cases if "退" in plain[at] or "return" in plain[at]]
    if back and "returned" not in stated:
        _unclear([header[at] for at in sorted([found["bottles"], *back])], "returned")
    loose = any(_LOOSE.fullmatch(narrow(name)) for name in others.values())
    if loose or _WHOLE.fullmatch(narrow(chosen)):  # it counts cases and loose bottles together
        cases = []
    more = [at for at in others if plain[at] == chosen or (at in cases and at not in back)]
    if more and "bottles" not in stated:
        _unclear([header[at] for at in sorted([found["bottles"], *more])], "bottles")


def counts_bottles(name: str) -> bool:
    """Whether a column says by its name that bottles are what it counts."""
    return _BY_BOTTLE.fullmatch(narrow(name)) is not None


def refuse_returned(header: Sequence[str], found: Mapping[str, int]) -> None:
    """Refuse a table whose sold goods are counted in bottles and whose returned ones in a unit of their own."""
    _unclear([header[found["bottles"]], header[found["returned"]]], "returned")


def _unclear(names: Sequence[str], field: str) -> None:
    many = ", ".join(names)
    way = {
        "bottles": (
            "give one column total_bottles with all bottles of a row, or say --map bottles=… with the name of the one"
            " that counts them all",
            "请加一列「总瓶数」写每行的全部瓶数，或用 --map bottles=列名 指明哪一列是全部瓶数",
        ),
        "returned": (
            "give one column returned_bottles with the bottles taken back, or say which one it is by --map returned=…",
            "请只留一列「退货瓶数」写退回的瓶数，或用 --map returned=列名 指明是哪一列",
        ),
    }[field]
    raise QuantitiesUnclear(
        f"the columns {many} count the goods of a row, and how they belong together is not said: {way[0]}. "
        f"「{'」「'.join(names)}」几列都是数量，看不出怎么合在一起算：{way[1]}",
        columns=list(names),
    )

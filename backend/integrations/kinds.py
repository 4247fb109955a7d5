"""What was done with the goods of a row, by the words of its kind: 销售出库单, 销售退货, Return to vendor. Pure.

A kind is understood only when every word of it is: a sale or a return is made of words that are known to make one,
and whatever stands beside them (其他, 未, no, free) must be known to change nothing.
"""

import re
from collections.abc import Mapping
from enum import Enum, auto

from backend.money import narrow


class Kind(Enum):
    """`BACK` are goods that go back to a supplier or a store house; `OTHER` is known to be neither sale nor return."""

    SALE = auto()
    RETURN = auto()
    BACK = auto()
    OTHER = auto()
    UNKNOWN = auto()


class _Part(Enum):
    SALE = auto()
    # Makes a sale alone, and a return beside a word of return: 订单, 退货订单.
    PAPER = auto()
    RETURN = auto()
    # The red paper of a sale: 红字销售出库单.
    RED = auto()
    # Takes back a sale, and as well a return.
    UNDONE = auto()
    MONEY = auto()
    OUT = auto()
    IN = auto()
    BESIDE = auto()


_WORDS: Mapping[_Part, str] = {
    _Part.SALE: "销售 零售 批发 批销 团购 销货 售出 出售 售卖 现售 直销 厂家直销 现销 赊销 分销 内销 外销 外贸 蓝字 "
    "sale sales sold selling retail wholesale sales,receipt sales,receipts point,of,sale credit,sale credit,sales",
    _Part.PAPER: "订单 订货 发票 小票 正常 普通 order orders invoice invoices normal regular",
    _Part.RETURN: "退货 退回 退 退酒 销退 return returns returned rma rmas rtn 客退 顾退",
    _Part.RED: "红字 红票 红单 负数 credit,note credit,notes credit,memo credit,memos",
    _Part.UNDONE: "冲红 红冲",
    _Part.MONEY: "退款 refund refunds refunded",
    _Part.OUT: "出库 出货 发货 发出 提货 配送 送货 "
    "to shipment shipments shipped delivery delivered dispatch dispatched",
    _Part.IN: "入库 收货 收回 进仓",
    _Part.BESIDE: "单 单据 票 票据 账单 明细 记录 业务 类 类型 已 完成 的 部分 全部 整单 开单 专用 增值税 电子 纸质 "
    "货 货物 商品 产品 成品 酒 酒水 白酒 客户 顾客 会员 散客 个人 企业 公司 单位 消费者 终端 门店 店铺 店 商超 超市 "
    "烟酒店 餐饮 酒店 宴席 婚宴 经销商 代理商 分销商 渠道 业务员 直营 加盟 线上 线下 网上 网店 网络 在线 电商 "
    "电话 手机 平台 商城 官网 微信 小程序 公众号 天猫 淘宝 京东 拼多多 抖音 快手 美团 饿了么 小红书 直播 秒杀 拼团 "
    "现金 现款 刷卡 信用 账期 月结 促销 特价 折扣 打折 优惠 国内 出口 本地 跨境 标准 一般 日常 pos erp b2b b2c o2o "
    "customer customers consumer consumers member members dealer dealers distributor distributors store stores shop "
    "shops outlet outlets counter pos online offline web website internet phone mobile app cash card domestic export "
    "local standard final completed goods product products merchandise item items liquor wine spirits "
    "from by of the type document doc slip note",
}
_BY_WORD = {word.replace(",", " "): part for part, words in _WORDS.items() for word in words.split()}


def _pattern() -> re.Pattern[str]:
    longest = sorted(_BY_WORD, key=len, reverse=True)
    latin = "|".join(re.escape(word) for word in longest if word.isascii())
    han = "|".join(re.escape(word) for word in longest if not word.isascii())
    return re.compile(rf"(?<![a-z0-9])(?:{latin})(?![a-z0-9])|{han}")


_WORD = _pattern()
_BETWEEN = re.compile(r"[\s\-_()\[\]【】「」:.·>]*")
_CODE = re.compile(r"^\d{1,4}(?=[\s.\-_:]|[\u4e00-\u9fff])")
# Whether the goods may be taken back says not that they were.
_TERMS = re.compile(
    r"(?:不可以?|不能|不得|不予|不支持|不接受|不|无|非|未|没有?|免|禁止|可以?|支持)"
    r"(?:退(?:换货|换|货|回|还)?|换货?)|"
    r"(?<![a-z])(?:(?:no|non|not|never)[\s-]*)(?:returns?|returned|returnable|refundable|exchangeable)(?![a-z])|"
    r"(?<![a-z])(?:un)?(?:returnable|refundable|exchangeable)(?![a-z])"
)
_AND_MONEY = re.compile(r"(?<![a-z])(returns?|returned)\s*(?:and|with|&|\+|/)\s*(?:refund(?:s|ed)?)(?![a-z])")
_BACKWARDS = re.compile(r"退|返|return|(?<![a-z])rtv(?![a-z])")
_SUPPLIER = re.compile(
    r"供应商|供货商|供方|厂|采购|进货|购进|购货|进退|购退|[退返](?:给|回|至|到)?(?:供|上游|总部|总仓|大?仓|库)|退货出库|"
    r"(?<![a-z])(?:vendors?|suppliers?|manufacturers?|factory|brand owner|warehouse|purchas\w+|rtv)(?![a-z])"
)
_OTHER = re.compile(
    r"采购|进货|购进|供应商|作废|废单|取消|撤销|换|赠|样品|样酒|小样|样瓶|样本|^样$|试饮|试用|品鉴|调拨|调货|调出|调入|"
    r"移库|移仓|盘点|盘亏|盘盈|盘库|盘存|盘损|"
    r"报损|报废|损耗|破损|领用|领料|借出|借用|借货|招待|自用|免费|冲销|预售|订金|定金|押金|代销|寄售|寄卖|委托|"
    r"(?<![a-z])(?:purchas|supplier|void|cancel|exchang|gift|sampl|transfer|stocktak|adjust|scrap|deposit|chargeback|"
    r"warrant|replac|loan|consign|write-?off|breakage|damag|internal|complimentary|giveaway)|"
    r"(?<![a-z-])free(?![a-z])|"
    r"(?<!sales )(?<![a-z])receipt"
)
_SIGN = re.compile(
    r"退|返厂|返仓|返货|红字|红票|负数|冲红|红冲|(?<![促热畅滞])销|售|批发|团购|出库|入库|出货|发货|订单|"
    r"(?<![a-z])(?:returns?|returned|rmas?|rtv|rtn|ret|(?:non|pre|un)?sales?|debit|credit|refund\w*|sales?|sold|unsold|retail|wholesale|orders?|invoices?)"
    r"(?![a-z])"
)


def kind_of(text: str, *, about_deals: bool) -> Kind:
    """What was done by the words of a kind; nothing said is a sale, as in a table without such a column.

    `about_deals`: the column can say nothing but what was done; another one may as well say what the thing is (白酒).
    """
    told = _AND_MONEY.sub(r"\1", _CODE.sub("", narrow(text).lower()).strip())
    if not told or not (about_deals or _SIGN.search(told) or _OTHER.search(told)):
        return Kind.SALE
    rest = _TERMS.sub(" ", told)
    if _SUPPLIER.search(rest) and _BACKWARDS.search(rest):
        return Kind.BACK
    if _OTHER.search(rest):
        return Kind.OTHER
    parts = _parts(rest)
    return Kind.UNKNOWN if parts is None else _judge(parts)


def _parts(text: str) -> list[_Part] | None:
    """What the words of a text are, in their order; None when one of them is not known."""
    parts: list[_Part] = []
    at = _skip(text, 0)
    while at < len(text):
        word = _WORD.match(text, at)
        if word is None:
            return None
        parts.append(_BY_WORD[word[0]])
        at = _skip(text, word.end())
    return parts


def _skip(text: str, at: int) -> int:
    match = _BETWEEN.match(text, at)
    return match.end() if match else at


def _judge(parts: list[_Part]) -> Kind:
    has = set(parts)
    if _Part.RETURN in has:
        return _judge_return(parts)
    if has & {_Part.MONEY, _Part.IN}:
        return Kind.OTHER
    sold = bool(has & {_Part.SALE, _Part.PAPER})
    if has & {_Part.RED, _Part.UNDONE}:
        return Kind.RETURN if sold or _Part.OUT not in has else Kind.UNKNOWN
    return Kind.SALE if sold else Kind.UNKNOWN


def _judge_return(parts: list[_Part]) -> Kind:
    """Goods that leave are not taken back, nor by a return that was undone; 退货销售 may sell again what was."""
    again = _Part.SALE in parts[parts.index(_Part.RETURN) :]
    return Kind.UNKNOWN if again or {_Part.OUT, _Part.UNDONE} & set(parts) else Kind.RETURN

"""One vocabulary of every state and step: what each is called, and in which tone it is shown.

The Chinese word is the source; other languages have it in `locale/<language>/vocabulary.po`, the kind as msgctxt. A
room that shows a state names its kind and the state, and never words of its own: see `templates/kit/states.html`.
Consumers are told the same in words of theirs, kept here beside the trade's, so that the two can be compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from backend.web.i18n import catalogue

TONES = ("good", "doubt", "refused", "recalled", "dim", "")
"""Classes of a chip: fine, to be looked at, a no, recalled, of no weight, and plain."""


@dataclass(frozen=True, slots=True)
class Word:
    """What a state is called in Chinese, and its tone."""

    text: str
    tone: str = ""


class NoWord(LookupError):
    """A state of this kind has no word: give it one here and in every language."""


def _kind(text: str) -> Mapping[str, Word]:
    """Words from "member word tone, member word tone, …"; a plain word names no tone."""
    parts = (each.split() for each in text.split(","))
    return {member: Word(*rest) for member, *rest in parts}


DESK: Mapping[str, Mapping[str, Word]] = {
    # What is done to goods: the contract's steps, and what documents and readings add to them.
    "step": _kind(
        """harvest 收粮, ferment 发酵, distil 蒸馏, age 陈酿, blend 勾调, bottle 灌装, inspect 检验,
        commission 赋码, ship 发货, receive 收货, return 退回, sell 销售, write_off 报损, recall 召回,
        lift 解除召回, pack 装箱, unpack 拆箱, observe 查看, consume 投料, correct 更正, arrive 送达,
        reading 扫码, none 记录"""
    ),
    # How far the evidence of a capture is.
    "evidence": _kind(
        """captured 已采集 dim, bundled 上链中 doubt, anchored 已上链 good, final 已终局 good,
        refused 被合约拒绝 refused"""
    ),
    # How far a transaction of ours is.
    "transaction": _kind(
        """written 待发送 dim, sent 已发送 doubt, anchored 已入块 good, final 已终局 good,
        reverted 被退回 refused, replaced 已作废 dim, lost 已丢失 refused"""
    ),
    # What became of a capture, as books and chain tell it.
    "answer": _kind("taken 已采集, recorded 已上链, refused 被合约拒绝"),
    # Why the contract refuses, by its errors.
    "contract": _kind(
        """BatchExists 这个批次已经存在, BatchNotRecalled 这个批次没有被召回, BatchRecalled 批次已召回,
        BatchUnknown 链上没有这个批次, ConsignmentMoved 这批货已有动作, ConsignmentUnknown 链上没有这次发货,
        ContentDiffers 与被声明的采集内容不符, CounterpartyUnsuited 对方的角色不能收这批货,
        DeclarationNotVoidable 声明本身不能再声明有误, DeviceIsRevoked 设备已停用, DeviceKnown 设备已登记过,
        DeviceNotYet 设备还没有生效, DeviceOfAnother 设备属于别的单位, DeviceUnknown 链上没有登记这台设备,
        EvidenceMissing 缺少证据, EvidenceRecorded 这份证据已经上链, FirstByInvitation 第一台设备只能凭加入码,
        FromTheFuture 时间晚于区块, HeadNotConsistent 日志的新旧两头不一致, HeadNotLarger 日志没有变长,
        HoldsLess 持有的不够, InputsMissing 缺少用料, InputsTooMany 用料太多,
        InputsUnexpected 这一步不该有用料, InvitationIsDevice 加入码的密钥是一台设备,
        InvitationMissing 没有加入码, NotAddressee 并非这批货的收货方, NotItsParty 并非当初签名的一方,
        NotMaker 并非这个批次的生产方, NotSender 并非这批货的发货方, NoticeRunning 等候期还没有过,
        NoticeTooShort 等候期太短, OpenLess 在途的不够, PartyHasDevices 单位还有有效的设备,
        PartyKnown 单位已登记过, PartyMissing 缺少单位, PartyNotActive 单位的资格不是正常,
        PartyUnknown 链上没有登记这家单位, QuantityMissing 缺少数量, QuantityTooLarge 数量太大,
        RolesUnknown 不认识的角色, SignatureWrong 签名不对, SignerMalformed 签名设备的写法不对,
        StandingUnchanged 资格没有变化, StepNotAllowed 角色不能做这一步, StepNotVoidable 这一步不能声明有误,
        UnitsCommissioned 这个批次已经赋码, UnitsMissing 缺少码根, VoidedBefore 此前已声明有误,
        VoidedUnknown 链上没有被声明的采集"""
    ),
    # Where an order stands.
    "order": _kind(
        """draft 草稿 dim, submitted 待审批 doubt, approved 已审批, allocated 已分配, partly_dispatched 部分发货,
        dispatched 已发货, partly_received 部分收货, received 已收货 good, cancelled 已取消 dim"""
    ),
    # Entries of an order's timeline.
    "order_entry": _kind(
        """drafted 已起草, placed 已下单, submitted 已提交, approved 已审批, allocated 已分配,
        dispatched 已发货, received 已收货, returned 已退回, lost 在途损失, cancelled 已取消, corrected 已更正"""
    ),
    # What a person may do to an order.
    "order_verb": _kind("submission 提交订单, approval 审批通过, allocation 分配批次, cancellation 取消订单"),
    # A party's standing.
    "standing": _kind("active 正常 good, suspended 暂停 doubt, revoked 取消资格 refused"),
    # What a change of a party's standing does, by the standing it makes.
    "sanction": _kind("active 恢复正常, suspended 暂停参与, revoked 取消资格"),
    # How far a change of a party's standing is.
    "sanction_state": _kind(
        """proposed 待第二人确认 doubt, confirmed 已确认，等待生效 doubt, in_force 已生效 good,
        withdrawn 已撤回 dim"""
    ),
    # What a party is.
    "party_role": _kind(
        """brand 品牌方, producer 生产方, warehouse 仓库, dealer 经销商, store 门店, inspector 检验方"""
    ),
    # What a person may do.
    "user_role": _kind(
        """admin 管理员, party_admin 本方管理员, brand 品牌运营, compliance 合规, warehouse 仓库, dealer 经销商,
        store 门店, auditor 审计"""
    ),
    # Whether a log-in can be used.
    "account": _kind("active 启用 good, waits 等候中 doubt, stopped 停用 refused"),
    # How a device's key stands with its party.
    "device": _kind(
        """active 已登记 good, unknown 未登记 dim, asking 申请中 doubt, waits 等候中 doubt,
        stopped 已被阻止 refused, revoked 已停用 refused, other 别的单位 refused, unclear 状态未知 dim"""
    ),
    # How a device came to its party.
    "device_way": _kind(
        """invitation 凭加入码, admission 由自己的设备接纳, proposal 品牌方提出, witness 见证设备,
        late_invitation 凭加入码，以前有过设备所以等候两天, late_proposal 品牌方提出，等候两天"""
    ),
    # What somebody tried to do with a party's devices.
    "device_change": _kind(
        "invite 邀请, redeem 使用加入码, admit 接纳设备, propose 提出设备, revoke 停用设备, standing 变更资格"
    ),
    # How far a capture is on its way from a device to the service.
    "outbox": _kind("waiting 等待发送 doubt, accepted 已收下 good, refused 被拒 refused"),
    # What a record of the app did, and the same as a stamp: goods that never came are sent back by its user's word.
    "app_step": _kind("ship 发货, receive 收货, return 没有收到"),
    "app_stamp": _kind("ship 发, receive 收"),
    # What an alert is about.
    "alert": _kind("diversion 疑似串货, resold 售出后异地出现"),
    # Where an alert's file lies.
    "file": _kind("review 待审, watching 观察中, filed 已立案, closed 已关闭"),
    # What a person decided.
    "outcome": _kind("""confirmed 立案 refused, dismissed 误报 good, watch 观察 doubt, undo 撤回 dim, open 未决 dim"""),
    # Why a person decided so.
    "decision_reason": _kind(
        """no_papers 没有调拨批文, too_many 箱数超出旅客所能解释, price_below 当地价格被压低, again 该经销商再犯,
        gift 宴席或礼品, travellers 旅客自带, papers_found 找到批文, place_wrong 定位有误, too_few 数量太少,
        ask_dealer 先问经销商, field_visit 先去现场看"""
    ),
    # What a score is the sum of.
    "term": _kind(
        """base 起点, flow 箱数异常, breadth 外地零散, neighbours 周边城市, price 当地价格, incentive 价差动机,
        known 已知缘由, unsigned 收货方未签收, sold 记为售出之后"""
    ),
    # How an open alert stands against the promise to decide it.
    "due": _kind("fine 未到期 dim, soon 将到期 doubt, over 超时 refused"),
    # What a record rests on, where it is one party's word alone or came late.
    "word": _kind(
        """late 补报 doubt, unsigned 收货方未签收 doubt, unconfirmed 发货方未确认 doubt,
        disputed 发货方说没有退到 refused, settled 此后已签收、退回或撤回 dim"""
    ),
    # Why what others tell cannot be true.
    "finding": _kind(
        """PackedElsewhere 已装在另一箱中, NotInside 不在该箱中, IntoItself 装进了自己,
        PackedTooDeep 套装的层数太多, OnTheWay 在途时被装箱, ShippedTwice 在途又被发出,
        NotInShipment 不在所称的发货中, OtherAddressee 并非发给收货方, OtherSender 发货方不符,
        NotOwner 发货方并非货主, Gone 已售出或销毁, NamedTwice 同一事件中重复, OtherProduct 属于另一产品,
        MoreUnitsThanQuantity 码多于数量, BeforeLastStep 早于上一步, PastOurDesk 绕过本系统直接上链"""
    ),
    # Where a bottle or case is.
    "unit": _kind("held 持有中, in_transit 在途, sold 已售出, lost 已损耗, consumed 已投料, void 已作废"),
    # What a code stands for.
    "thing": _kind("bottle 瓶码, case 箱码, class 整批, other 其他"),
    # What a batch is made of.
    "batch": _kind("bottles 瓶装酒, spirit 基酒, grain 粮与醅, recalled 已召回 recalled"),
    # What the quantity of a batch is counted in.
    "measure": _kind("bottles 瓶, KGM 克, LTR 毫升"),
    # Where the quantity of a batch or of a holder is.
    "place": _kind(
        """born 产出, held 持有 good, in_transit 在途 doubt, sold 售出 dim, consumed 投料 recalled,
        lost 损耗 refused"""
    ),
    # The numbers of stock.
    "stock": _kind("held 持有, allocated 已分配, available 可用 good, on_the_way 在途"),
    # How the house fares, what each of the worker's jobs is called, and how it is.
    "health": _kind("well 运行正常 good, watched 需要留意 doubt, ill 需要处理 refused"),
    "job_state": _kind("working 工作 good, resting 空闲 dim, waiting 等待 doubt"),
    "job": {
        "enrol": Word("登记参与方与设备"),
        "bundle records": Word("打包流转记录"),
        "bundle leaves": Word("打包存证日志"),
        "announce sanctions": Word("预告资格变更"),
        "put sanctions in force": Word("资格变更生效"),
        "sanction": Word("资格变更上链"),
        "keep decisions": Word("存证人工决定"),
        "send": Word("发送交易"),
        "send again": Word("重发交易"),
        "settle": Word("按镜像结算"),
        "learn of keys": Word("获知密钥变更"),
        "raise fees": Word("提高手续费"),
        "examine": Word("查明交易结果"),
        "score": Word("风险评分"),
        "reconcile": Word("账链核对"),
        "forget old scans": Word("删除过期扫码"),
    },
    # Parts of the books that are laid beside the chain.
    "difference": _kind(
        """born 产出, held 持有, in_transit 在途, sold 售出, lost 损耗, consumed 投料, used_up 耗用, shipped 已发货,
        received 已收货, returned 已退回, sender 发货方, addressee 收货方, recalled 已召回, codes 码根,
        quantity 数量, capture 采集, batch 批次, party 签名方, step 步骤, ref 所指, counterparty 对方,
        roles 角色, territory 区域, standing 资格, signer 签名设备, under_way_since 等待上链自,
        voids 更正的采集"""
    ),
}
"""Words of the trade, by kind and member. Every desk, page and export says these."""

CONSUMER: Mapping[str, Mapping[str, Word]] = {
    # Steps in a consumer's words; phones compare them letter for letter.
    "consumer_step": _kind(
        """harvest 收粮, ferment 发酵, distil 蒸馏, age 陈酿, blend 勾调, bottle 装瓶, inspect 检验,
        commission 逐瓶赋码, ship 发货, receive 签收, return 退回, sell 售出, write_off 报损, recall 召回,
        lift 解除召回"""
    ),
    # Whoever signed for a bottle, in a consumer's words.
    "consumer_role": _kind("brand 品牌总部, producer 酿酒厂, warehouse 品牌仓, dealer 区域经销商, store 零售店"),
    # What a consumer is told of a bottle.
    "consumer_verdict": _kind(
        """matches 这瓶酒与账本相符, doubt 这瓶酒有疑点，请看清楚再喝, recalled 这一批次已召回，请勿饮用,
        opened 这瓶酒此前已登记开启, unknown 账本里没有这个编码"""
    ),
    # Why a consumer is told so.
    "consumer_reason": _kind(
        """not_commissioned 这一批次的编码还没有登记生效,
        before_shipment 账本上这瓶酒还没有出厂,
        many_phones 已有许多部手机查看过这个编码，一瓶酒通常不会这样,
        many_cities 这个编码在多个城市被查看过，一瓶酒通常不会这样,
        recalled 请停止饮用，保留酒瓶和购买凭证，向购买处退货,
        opened 如果您手中的酒封口完好，请向我们反馈,
        opened_by_you 是您用这部手机登记的；别人再查这个编码也会看到"""
    ),
    # What a step rests on, in a consumer's words.
    "consumer_word": _kind("late 事后一天多才报, disputed 发货方说没有退到, unconfirmed 只凭收货方所说，发货方未确认"),
}
"""Words for those who bought a bottle."""

KINDS: Mapping[str, Mapping[str, Word]] = {**DESK, **CONSUMER}


def member_of(state: str | IntEnum) -> str:
    """How a state stands in the vocabulary: its value, or the name of what is only a number."""
    return state.name.lower() if isinstance(state, IntEnum) else str(state)


def find(kind: str, state: str | IntEnum) -> Word:
    """The word of a state.

    Raises:
        NoWord: there is no such kind, or it has no such member.
    """
    try:
        return KINDS[kind][member_of(state)]
    except KeyError as error:
        raise NoWord(f"{kind}: {member_of(state)}") from error


def say(kind: str, state: str | IntEnum, language: str) -> str:
    """What a state is called in a language. Raises NoWord as `find` does."""
    return catalogue(language).pgettext(kind, find(kind, state).text)


def tone(kind: str, state: str | IntEnum) -> str:
    """The tone in which a state is shown, one of `TONES`. Raises NoWord as `find` does."""
    return find(kind, state).tone


def knows(kind: str, state: str) -> bool:
    """Whether a state that others name, as a contract names its errors, has a word here."""
    return state in KINDS[kind]

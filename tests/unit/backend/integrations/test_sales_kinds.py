"""What was done with the goods of a row, told by the words of its kind, in Chinese and English."""

import pytest

from backend.integrations.kinds import Kind, kind_of
from backend.integrations.values import Unread, is_return

SALES = """
销售|销售出库单|线上销售|会员零售|散客零售|批发销售单|团购订单|企业团购|厂家直销|赊销
分销|蓝字发票|普通|正常订单|01-销售出库|POS销售|天猫订单|促销订单|已售出
Sale|Sales order|cash sale|Credit Sale|online order|Wholesale|Retail (POS)|sales receipt|Sale to customer
Store sale|Regular invoice
不退换销售|不可退货销售|销售（不退不换）|不支持退货订单|非退货订单|可退货销售|Sale (no returns)
Non-returnable sale
returnable order|sale - not returnable|Final sale
"""
RETURNS = """
退货|客户退货|门店退货单|经销商退货|销售退货|销售-退货|销退|退货入库|销售退货入库|已退货|退货退款
红字销售出库单|红票|负数发票|销售冲红|02 退货|客退|部分退货|正常退货|线上退货
Return|Sales return|customer returns|Returned goods|return from customer
order return|Return & refund|RMA|Sales credit note|credit memo
"""
BACK = """
退供|退厂|返厂|退仓|返仓|退库|退货给厂家|退货至供应商|退回总部|采购退货|购进退货|进退|门店退仓|退货出库|厂家直销退货
vendor return|Return to vendor|return-to-supplier|RTV|purchase return|Returned to manufacturer|return to warehouse
"""
NEITHER = """
其他出库|其他出库单|报废出库|借出出库|生产领料出库|招待出库|免费出库|盘亏出库|样品销售|代销出库|委托代销发出|预售订单|内部销售|自用出库
非销售出库|未出售|未退货|不可退|不退换|非退货|拒绝退货|退货申请|退货驳回
待退货|退货作废|撤销退货|退货冲红|退换货|销售/退货|退货销售|仅退款|退款不退货|空瓶退
其他|白酒|出库|入库|核销
no sale|presale|nonsale|unsold|not sold|free order|Free goods|warranty order|replacement order
internal order|void sale|cancelled order|return cancelled|not a return|no return|Returnable bottle
sale or return|return reversal|refund|purchase order|transfer order|Quote|pending order
Return shipment|promo|Other|goods receipt|returned sale
"""


def words(table: str) -> list[str]:
    return [word for line in table.split("\n") for word in line.split("|") if word]


@pytest.mark.parametrize("text", words(SALES))
def test_a_sale_stays_one_whatever_is_said_of_taking_it_back(text: str) -> None:
    assert not is_return(text, about_deals=True)


@pytest.mark.parametrize("text", words(RETURNS))
def test_goods_a_customer_gave_back_are_taken_back(text: str) -> None:
    assert is_return(text, about_deals=True)
    assert is_return(text, about_deals=False)


@pytest.mark.parametrize("text", words(BACK))
@pytest.mark.parametrize("about_deals", [True, False])
def test_goods_that_go_back_to_a_supplier_are_told_as_such(text: str, about_deals: bool) -> None:
    with pytest.raises(Unread, match="go back to a supplier") as refused:
        is_return(text, about_deals=about_deals)
    assert "退给供应商或仓库" in refused.value.chinese


@pytest.mark.parametrize("text", words(NEITHER))
def test_no_word_that_is_not_known_makes_a_sale_or_a_return(text: str) -> None:
    with pytest.raises(Unread, match="neither a sale nor a return") as refused:
        is_return(text, about_deals=True)
    assert text in refused.value.chinese


@pytest.mark.parametrize(
    "text", ["其他出库", "报废出库", "招待", "未出售", "非销售出库", "不可退", "no sale", "presale", "warranty", "寄卖"]
)
def test_a_column_that_may_name_things_hides_no_deal(text: str) -> None:
    with pytest.raises(Unread):
        is_return(text, about_deals=False)


@pytest.mark.parametrize(
    "text", ["白酒", "盘锦大米酒", "Liquor", "Returnable bottle", "促销装", "礼盒", "线上", "其他"]
)
def test_a_kind_of_thing_is_a_sale_of_it(text: str) -> None:
    assert kind_of(text, about_deals=False) is Kind.SALE
    assert kind_of(text, about_deals=True) in (Kind.UNKNOWN, Kind.OTHER)

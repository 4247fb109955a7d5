"""What tables of this trade call the columns of a sale. Pure."""

from collections.abc import Mapping

FIELDS = ("date", "store", "item", "bottles", "amount", "document", "unit", "kind", "returned", "refunded")
NEEDED = ("date", "item", "bottles")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "date": _words(
        "date day month week sold_on sale_date order_date invoice_date transaction_date business_date period "
        "日期 销售日期 单据日期 开单日期 订单日期 业务日期 交易日期 出库日期 月份 年月 周"
    ),
    "store": _words(
        "store store_number store_no store_id store_name shop outlet customer customer_name region zip3 zip zipcode "
        "门店 门店名称 门店编码 店铺 店名 终端 客户 客户名称 客户编码 网点 区域 地区 往来单位 购货单位"
    ),
    "item": _words(
        "item item_number item_no sku product product_code product_name article gtin barcode ean "
        "产品 商品 品名 货品 物料 物料编码 产品编码 产品名称 商品编码 商品名称 货号 条码 商品条码 存货编码 存货名称"
    ),
    "bottles": _words(
        "net_bottles net_bottles_sold net_quantity net_qty net_units net_units_sold net_sales_quantity net_sales_qty "
        "净瓶数 净销瓶数 净销售瓶数 净销售数量 净销数量 净销量 净数量 实销瓶数 实销数量 实销量 "
        "total_bottles bottles_total 总瓶数 合计瓶数 瓶数合计 折合瓶数 "
        "bottles bottles_sold 瓶数 销售瓶数 数量(瓶) 数量（瓶） 销量(瓶) 销量（瓶） 销售数量(瓶) 销售数量（瓶） "
        "btls bottle_qty bottle_count 瓶 瓶数量 支数 "
        "qty quantity sales_qty sales_quantity qty_sold quantity_sold sold_qty sold_quantity units units_sold count "
        "pieces 数量 销量 销售数量 出库数量 基本单位数量"
    ),
    "amount": _words(
        "net_sales 净销售额 净销售金额 sale sales sale_usd amount total revenue value sale_dollars turnover "
        "金额 销售额 销售金额 含税金额 价税合计 总金额 总价"
    ),
    "document": _words(
        "invoice invoice_number order order_number document receipt ticket 单号 单据号 单据编号 订单号 小票号 发票号"
    ),
    "unit": _words("unit uom unit_of_measure sales_unit 单位 计量单位 销售单位 数量单位 包装单位 基本单位"),
    "kind": _words(
        "sale_type sales_type transaction_type order_type document_type doc_type invoice_type "
        "单据类型 单据类别 业务类型 交易类型 订单类型 销售类型 出入库类型 出库类型 类型 类别 type"
    ),
    "returned": _words("returned_bottles 退货瓶数"),
    "refunded": _words("returned_amount 退货金额"),
}
"""Names of columns as tables of this trade write them; the first of a field is the most telling."""

BOTTLES_BY_NAME = frozenset(
    _words(
        "net_bottles net_bottles_sold 净瓶数 净销瓶数 净销售瓶数 实销瓶数 "
        "total_bottles bottles_total 总瓶数 合计瓶数 瓶数合计 折合瓶数 "
        "bottles bottles_sold 瓶数 销售瓶数 数量(瓶) 数量（瓶） 销量(瓶) 销量（瓶） 销售数量(瓶) 销售数量（瓶） "
        "btls bottle_qty bottle_count 瓶 瓶数量 支数"
    )
)
# These may also say what kind of thing the item is.
ANY_KIND = frozenset({"类型", "类别", "type"})

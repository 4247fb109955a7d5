"""Read-views of orders: which there are."""

from sqlalchemy import select

from backend.db.tables.orders import sales_order

placed = select(sales_order.c.id).subquery("placed_order")

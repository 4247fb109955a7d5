"""Who may see an order, order for a buyer, and decide for a seller. Pure."""

from backend.identity.rules import OVERSEERS, SELLERS, TRADERS, Principal
from backend.orders.rules import NotYours


def may_see(who: Principal, buyer: str, seller: str) -> bool:
    """Whether a person may know of an order: its two sides, and those who see all."""
    return who.has(*OVERSEERS) or (who.party is not None and who.party in (buyer, seller))


def sells(who: Principal, seller: str) -> bool:
    """Whether a person acts for the selling side: the brand for all its warehouses, others for themselves."""
    return who.has("brand") or (who.has(*SELLERS) and who.party == seller)


def check_sells(who: Principal, seller: str) -> None:
    """Whether a person may decide for the selling side.

    Raises:
        NotYours: they may not.
    """
    if not sells(who, seller):
        raise NotYours(seller=seller)


def check_buys(who: Principal, buyer: str) -> None:
    """Whether a person may order for a buyer: its own people, and the brand for anyone.

    Raises:
        NotYours: they may not.
    """
    if not (who.has("brand") or (who.has(*TRADERS) and who.party == buyer)):
        raise NotYours(buyer=buyer)

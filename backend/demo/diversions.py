"""Diversions, what their dealers do to hide them, and the honest things that look like them."""

from datetime import datetime, timedelta
from functools import partial

from backend.demo.client import NotServed
from backend.demo.company import BRAND, Company
from backend.demo.consumers import dumped
from backend.demo.goods import Batch, Bottle
from backend.demo.plan import Diversion, Gift, Transfer
from backend.demo.production import unsigned_at
from backend.demo.world import Member
from scanner.device import events
from scanner.device.events import Built, Lot, Parties, case_uri


def add_diversions(company: Company) -> None:
    """Schedule the plan's diversions, its approved transfer and its gifts."""
    for diversion in company.plan.diversions:
        company.schedule.add(diversion.at, "串货 diversion", partial(_divert, company, diversion))
    for transfer in company.plan.transfers:
        company.schedule.add(transfer.at, "调拨 transfer", partial(_transfer, company, transfer))
    for gift in company.plan.gifts:
        company.schedule.add(gift.at, "礼品 gift", partial(_gift, company, gift))


def _bottles(company: Company, dealer: str, gtin: str, cases: int) -> list[Bottle]:
    taken = company.goods.take_of(dealer, gtin, cases)
    return [bottle for _, batch in taken for case in batch for bottle in company.goods.bottles[case]]


def _divert(company: Company, diversion: Diversion, at: datetime) -> None:
    """No shipment is recorded; what is left is custody, scans, and a price below the market's."""
    holder = diversion.dealer.gln if diversion.signs else unsigned_at(diversion.dealer)
    taken = company.goods.take_of(holder, diversion.product.gtin, diversion.cases)
    if diversion.pins is not None:
        _pin(company, diversion.dealer, diversion.pins, taken, at)
        _name_foreign(company, diversion.dealer, diversion.pins, diversion.product.gtin, at)
    bottles = [bottle for _, batch in taken for case in batch for bottle in company.goods.bottles[case]]
    dumped(
        company,
        bottles,
        diversion.adcode,
        at,
        name=f"diversion/{diversion.dealer.gln}",
        share=0.6,
        reports=0.4,
        price_share=diversion.price_share,
    )


def _pin(company: Company, dealer: Member, peer: Member, taken: list[tuple[Batch, list[str]]], at: datetime) -> None:
    """The dealer ships one bottle to a peer and names all the cases, so that they would count as the peer's.

    Raises:
        NotServed: the product took it.
    """
    for (gtin, batch), cases in taken:
        parties, named = Parties(dealer.gln, peer.gln), [case_uri(case) for case in cases]
        event = events.ship(company.at(dealer, at), Lot(gtin, batch, 1), parties, named)
        _try(company, dealer, event, at, "SumDiffers")


def _name_foreign(company: Company, dealer: Member, peer: Member, gtin: str, at: datetime) -> None:
    """The dealer ships cases that the peer holds as if they were his own, so that his books match what is found.

    Raises:
        NotServed: the product took it.
    """
    for (_, batch), cases in company.goods.seen_at(peer.gln, gtin):
        bottles = sum(len(company.goods.bottles[case]) for case in cases)
        parties, named = Parties(dealer.gln, peer.gln), [case_uri(case) for case in cases]
        event = events.ship(company.at(dealer, at), Lot(gtin, batch, bottles), parties, named)
        _try(company, dealer, event, at, "NotHolder")


def _try(company: Company, dealer: Member, event: Built, at: datetime, expected: str) -> None:
    """A cheat's attempt. In a story that goes on after a kill, whoever bought a bottle may have opened it by now."""
    try:
        company.capture(dealer, event, at)
    except NotServed as refusal:
        if expected not in str(refusal) and '"Opened"' not in str(refusal):
            raise
    else:
        raise NotServed(f"{dealer.name} was let through where {expected} should have stopped him")


def _transfer(company: Company, transfer: Transfer, at: datetime) -> None:
    """The brand approves beforehand that the dealer supplies a customer elsewhere."""
    body = {
        "id": company.id(f"transfer/{transfer.dealer.gln}"),
        "dealer": transfer.dealer.gln,
        "adcode": transfer.adcode,
        "gtin": transfer.product.gtin,
        "bottles": transfer.cases * transfer.product.case_size,
        "valid_from": at.isoformat(),
        "valid_to": (at + timedelta(days=30)).isoformat(),
        "reason": "企业客户团购",
    }
    company.client.post("/transfers", body, at=at, by=BRAND)
    bottles = _bottles(company, transfer.dealer.gln, transfer.product.gtin, transfer.cases)
    dumped(
        company,
        bottles,
        transfer.adcode,
        at,
        name=f"transfer/{transfer.dealer.gln}",
        share=0.5,
        reports=0.1,
        price_share=1.0,
    )


def _gift(company: Company, gift: Gift, at: datetime) -> None:
    bottles = _bottles(company, gift.dealer.gln, gift.product.gtin, 1)
    dumped(
        company,
        bottles,
        gift.adcode,
        at,
        name=f"gift/{gift.dealer.gln}",
        share=0.8,
        reports=0.1,
        price_share=1.0,
        days=2,
    )

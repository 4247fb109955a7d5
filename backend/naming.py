"""Names for what refusals refer to: parties, products, and the event that speaks against what was asked."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from backend.capture import service as capture
from backend.catalog import service as catalog
from backend.identity import service as identity
from backend.web.refusal_words import Event, Found
from backend.web.telling import Wanted
from scanner.device.capture import Step


def find(session: Session, wanted: Wanted, language: str) -> Found:
    """Names of what is wanted, in a language; what is not in the books is left out."""
    evidences = [bytes.fromhex(each) for each in wanted.events if _is_evidence(each)]
    events = capture.list_by_evidence(session, evidences) if evidences else []
    parties = _parties(session, wanted.parties | {each.party for each in events})
    return Found(
        parties=parties,
        products=_products(session, wanted.products, language),
        events={
            each.evidence.hex(): Event(
                Step(each.step).name.lower(), each.event_time, parties.get(each.party, each.party)
            )
            for each in events
        },
    )


def _is_evidence(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == 32
    except ValueError:
        return False


def _parties(session: Session, glns: Collection[str]) -> dict[str, str]:
    found = (identity.find_party(session, gln) for gln in sorted(glns))
    return {party.gln: party.name for party in found if party is not None}


def _products(session: Session, gtins: Collection[str], language: str) -> dict[str, str]:
    found = (catalog.find_product(session, gtin) for gtin in sorted(gtins))
    return {product.gtin: product.label(language) for product in found if product is not None}

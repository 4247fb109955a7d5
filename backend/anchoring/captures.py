"""A capture as somebody may see it who oversees, or whose party said it."""

from sqlalchemy.orm import Session

from backend.capture import service as capture
from backend.capture.rules import Stored
from backend.errors import Malformed, NotFound
from backend.identity.rules import OVERSEERS, Principal


def capture_seen_by(session: Session, evidence: str, reader: Principal) -> Stored:
    """A capture by its evidence (64 hexadecimal digits).

    Raises:
        Malformed: these are no such digits. NotFound: no such capture, or one of another party.
    """
    try:
        key = bytes.fromhex(evidence)
    except ValueError as error:
        raise Malformed("evidence: is not hexadecimal", field="evidence") from error
    found = capture.find_event(session, key)
    if found is None or not (reader.has(*OVERSEERS) or reader.party == found.party):
        raise NotFound("no such capture", evidence=evidence)
    return found

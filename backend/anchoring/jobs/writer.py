"""How an intent is written: signed, numbered, kept, and only then sent by another step."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from backend.anchoring import store_intents
from backend.anchoring.rules import Call, IntentKind, Relay


class Writer:
    """Writes a lane's intents one after the other; asks the chain for its nonce and fee once."""

    def __init__(self, session: Session, relay: Relay, now: datetime) -> None:
        self._session, self._relay, self._now = session, relay, now
        self.quote = relay.quote()
        self.nonce = store_intents.next_nonce(session, relay.relayer, self.quote.nonce)

    def write(self, kind: IntentKind, key: str, call: Call, batches: Collection[bytes] = ()) -> int:
        """Sign a call and write it down, to be sent once this is committed."""
        signed = self._relay.sign(call, self.nonce, self.quote.fee)
        intent = store_intents.add_intent(
            self._session, kind, key, self._relay.relayer, self.nonce, call, signed, self.quote.fee, self._now, batches
        )
        self.nonce += 1
        return intent

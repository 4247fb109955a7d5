"""Everything the one screen of an alert shows, gathered from those who know it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import exp

from sqlalchemy.orm import Session

from backend.anchoring import service as anchoring
from backend.anchoring.rules import AnchorState
from backend.cases import rules, service
from backend.cases.carton_stops import Stop, kilometres, stops
from backend.cases.rules import Decision, File, FileState
from backend.cases.service import Queue, Record
from backend.cases.tiles import TileMap, tile_map
from backend.catalog import service as catalog
from backend.catalog.rules import Place
from backend.custody import service as custody
from backend.dealers import service as dealers
from backend.identity import service as identity
from backend.identity.rules import Party
from backend.risk import service as risk
from backend.risk.alert_forms import CartonStep
from backend.risk.rules import Alert


@dataclass(frozen=True)
class Hand:
    """One signed step on the sample bottle's way."""

    evidence: bytes
    step: str
    at: datetime
    who: str
    to: str | None
    papers: tuple[str, ...] = ()
    late: bool = False
    declared: datetime | None = None
    """When whoever signed it declared it an error: he answers for the time before."""
    unconfirmed: bool = False
    """By this word of the addressee alone its sender has the bottle again; `disputed`: he says that he has not."""
    disputed: bool = False

    @property
    def moves(self) -> bool:
        """Whether the bottle changed hands."""
        return self.step in _HANDS


_HANDS = ("ship", "arrive", "receive", "return")


@dataclass(frozen=True)
class Screen:
    """One alert with all its evidence."""

    alert: Alert
    file: File
    tab: FileState
    decisions: tuple[Decision, ...]
    decision: Decision | None
    dealer: Party | None
    names: Mapping[str, str]
    places: Mapping[str, Place]
    home: Place | None
    territories: tuple[str, ...]
    transfers: int
    map: TileMap
    chain: tuple[Hand, ...]
    stops: tuple[Stop, ...]
    states: Mapping[bytes, AnchorState]
    record: Record
    taken_by: str | None
    queue: Queue
    due: rules.Due
    unsigned_stands: bool = False
    """The sample bottle's delivery still rests on the sender's word: nobody signed, sent back or declared an error."""

    @property
    def suspended_at(self) -> datetime:
        """Since when the dealer could not sign for what he answers for unsigned; asked only where he could not."""
        since = self.alert.carton["suspended"]
        assert since is not None, "asked only where he could not"
        return datetime.fromisoformat(since)

    @property
    def before(self) -> int | None:
        """The alert before this one in the queue."""
        return self._beside(-1)

    @property
    def after(self) -> int | None:
        """The alert after this one in the queue."""
        return self._beside(1)

    def _beside(self, by: int) -> int | None:
        ids = self.queue.ids
        at = ids.index(self.alert.id) + by if self.alert.id in ids else -1
        return ids[at] if 0 <= at < len(ids) else None

    @property
    def kilometres(self) -> float | None:
        """From the dealer's home to the gravest place."""
        there = self.places.get(self.alert.places[0]["adcode"])
        if self.home is None or there is None:
            return None
        return kilometres((self.home.lat, self.home.lon), (there.lat, there.lon))


def look(session: Session, alert_id: int, language: str, *, now: datetime) -> Screen:
    """The screen of an alert.

    Raises:
        NotFound: no such alert.
    """
    alert = risk.get_alert(session, alert_id)
    file = service.get_file(session, alert_id)
    decisions = service.list_decisions(session, alert_id)
    parties = identity.parties_of(session, _parties_of(alert))
    places = {place.adcode: place for place in catalog.list_places(session)}
    dealer = parties.get(alert.dealer)
    territories = dealers.territories(session, alert.dealer, alert.opened_at)
    tab = file.tab(now)
    chain = _chain(alert, parties)
    handed = [hand.evidence for hand in chain]
    return Screen(
        alert=alert,
        file=file,
        tab=tab,
        decisions=tuple(decisions),
        decision=rules.standing(decisions),
        dealer=dealer,
        names={gln: party.name for gln, party in parties.items()},
        places=places,
        home=places.get(dealer.adcode) if dealer else None,
        territories=tuple(sorted({catalog.region_label(session, t.prefix, language) for t in territories})),
        transfers=_transfers(session, alert),
        map=tile_map(dealer.adcode[:2] if dealer else "", _by_province(alert)),
        chain=chain,
        stops=_stops(alert, parties, places),
        states=anchoring.states(session, [alert.run.evidence, *handed, *(each.evidence for each in decisions)]),
        record=service.record_of(session, alert),
        taken_by=service.taker(session, file, now),
        queue=service.get_queue(session, tab, now=now),
        due=rules.due(alert.opened_at, now),
        unsigned_stands=_unsigned_stands(session, alert),
    )


def _parties_of(alert: Alert) -> set[str]:
    """GLNs that the screen of an alert names."""
    steps = alert.carton.get("way", ())
    return {alert.dealer} | {gln for step in steps for gln in (step["actor"], step["addressee"]) if gln}


def _unsigned_stands(session: Session, alert: Alert) -> bool:
    told = {step["evidence"] for step in alert.carton.get("way", ()) if step["step"] == "arrive"}
    unit = catalog.find_unit(session, alert.carton["gtin"], alert.carton["serial"]) if told else None
    steps = custody.trail(session, unit) if unit else ()
    return any(step.delivery is not None and step.delivery.evidence.hex() in told for step in steps)


def _transfers(session: Session, alert: Alert) -> int:
    """Approved transfers of the dealer to the gravest place."""
    top = alert.places[0]["adcode"]
    return sum(top.startswith(each.prefix) for each in dealers.list_transfers(session, dealer=alert.dealer))


def _chain(alert: Alert, parties: Mapping[str, Party]) -> tuple[Hand, ...]:
    def name(gln: str) -> str:
        return parties[gln].name if gln in parties else gln

    return tuple(
        Hand(
            bytes.fromhex(step["evidence"]),
            step["step"],
            datetime.fromisoformat(step["at"]),
            name(step["actor"]),
            name(step["addressee"]) if step["step"] in ("ship", "arrive") and step["addressee"] else None,
            tuple(step.get("papers", ())),
            step.get("late", False),
            datetime.fromisoformat(step["declared"]) if "declared" in step else None,
            step.get("unconfirmed", False),
            step.get("disputed", False),
        )
        for step in alert.carton.get("way", ())
    )


def _by_province(alert: Alert) -> dict[str, int]:
    found: dict[str, int] = {}
    for place in alert.places:
        found[place["adcode"][:2]] = found.get(place["adcode"][:2], 0) + place["seen"]
    return found


def _where(step: CartonStep) -> str:
    """GLN of whose place it happened at: goods are delivered at the addressee's."""
    return str(step["addressee"] if step["step"] == "arrive" else step["actor"])


def _stops(alert: Alert, parties: Mapping[str, Party], places: Mapping[str, Place]) -> tuple[Stop, ...]:
    carton = alert.carton
    moved = [
        Stop(
            step["step"],
            datetime.fromisoformat(step["at"]),
            parties[who].adcode if (who := _where(step)) in parties else None,
            who,
            step["evidence"],
            late=step.get("late", False),
        )
        for step in carton.get("way", ())
        if step["step"] in _HANDS
    ]
    read = [
        Stop("reading", datetime.fromisoformat(reading["at"]), reading["adcode"], readings=1)
        for reading in carton.get("readings", ())
    ]
    return stops([*moved, *read], {adcode: (place.lat, place.lon) for adcode, place in places.items()})


list_places = catalog.list_places
ODDS_MOST = 1000


def odds(hundredths: int) -> int:
    """Odds to one of a score in hundredths of natural log odds, for people; never more than `ODDS_MOST`."""
    return min(ODDS_MOST, round(exp(min(hundredths, 1000) / 100)))

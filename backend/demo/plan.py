"""What happens in the story and when: every decision drawn beforehand from the seed. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from backend.china_time import CHINA
from backend.demo.world import Member, Product, World

WEEKS = 10
TRAVELLERS = 0.07
"""Share of honest scans made in another city: in the design's simulation 15 % of scans are out of territory."""
ROOM_FOR_FIVE = 20
"""From so many dealers on there are five cheats among them; fewer have three, of whom one names foreign units and one
never signs."""
SCANNED = 0.3
"""Share of sold bottles that somebody scans."""


@dataclass(frozen=True)
class Bottling:
    """One bottled batch: `bottles` of a product."""

    product: Product
    batch: str
    bottles: int
    at: datetime


@dataclass(frozen=True)
class Purchase:
    """A dealer's order: cases per product. Where he never `signs` the receipt, the sender proves the delivery."""

    dealer: Member
    number: int
    at: datetime
    cases: tuple[tuple[Product, int], ...]
    signs: bool = True


@dataclass(frozen=True)
class Delivery:
    """A dealer supplies a store with cases of each product."""

    dealer: Member
    store: Member
    at: datetime
    cases: tuple[tuple[Product, int], ...]


@dataclass(frozen=True)
class Diversion:
    """Cases that leave a dealer's shelf for a city of another's territory, unrecorded, at a low price.

    `pins` names a peer on whom the dealer tries to pin them first: he ships one bottle to him and names all the cases,
    and he names the peer's own cases as his. `signs`: False when he never signed for having got them.
    """

    dealer: Member
    adcode: str
    product: Product
    cases: int
    at: datetime
    price_share: float
    pins: Member | None = None
    signs: bool = True


@dataclass(frozen=True)
class Transfer:
    """The same movement with the brand's approval: it must raise no alert."""

    dealer: Member
    adcode: str
    product: Product
    cases: int
    at: datetime


@dataclass(frozen=True)
class Gift:
    """A case bought at home and opened by guests elsewhere."""

    dealer: Member
    adcode: str
    product: Product
    at: datetime


@dataclass(frozen=True)
class Plan:
    """The whole story. `start` is the Monday on which the goods begin to flow."""

    start: datetime
    bottlings: tuple[Bottling, ...]
    purchases: tuple[Purchase, ...]
    deliveries: tuple[Delivery, ...]
    diversions: tuple[Diversion, ...]
    transfers: tuple[Transfer, ...]
    gifts: tuple[Gift, ...]

    @property
    def end(self) -> datetime:
        """When the last scan has been made."""
        return self.start + timedelta(weeks=WEEKS)


def _moment(day: date, hour: float) -> datetime:
    return datetime.combine(day, time(0), CHINA) + timedelta(hours=hour)


def make_plan(world: World, today: date) -> Plan:
    """The story of a world that ends on the Sunday before `today`."""
    monday = today - timedelta(days=today.weekday())
    start = _moment(monday - timedelta(weeks=WEEKS), 0)
    chance = random.Random(f"plan-{world.seed}")  # noqa: S311  (a story, not a secret)
    flagship, everyday, _ = world.products
    dealers = list(world.dealers)
    chosen = chance.sample(dealers, 4 + 3)
    diverters, transferrer, givers = chosen[:3], chosen[3], chosen[4:]
    more = [dealer for dealer in dealers if dealer not in chosen] if len(dealers) >= ROOM_FOR_FIVE else []
    diverters += random.Random(f"cheats-{world.seed}").sample(more, 2 if more else 0)  # noqa: S311
    diversions = tuple(
        Diversion(
            dealer,
            _far_city(world, dealer, chance),
            flagship,
            chance.randint(6, 8),
            start + timedelta(weeks=5 + index % 3, days=chance.randint(0, 3), hours=9),
            chance.uniform(0.76, 0.84),
            pins=givers[0] if index == len(diverters) - 2 else None,
            signs=index != len(diverters) - 1,
        )
        for index, dealer in enumerate(diverters)
    )
    transfer = Transfer(
        transferrer, _far_city(world, transferrer, chance), flagship, 6, start + timedelta(weeks=6, hours=10)
    )
    gifts = tuple(
        Gift(
            dealer, _far_city(world, dealer, chance), everyday, start + timedelta(weeks=chance.randint(5, 8), hours=11)
        )
        for dealer in givers
    )
    extra = {d.dealer.gln: d.cases for d in diversions if d.signs} | {transferrer.gln: transfer.cases}
    unsigned = [_unsigned(diversion, start) for diversion in diversions if not diversion.signs]
    purchases = (*_purchases(world, start, extra, chance), *unsigned)
    deliveries = tuple(_deliveries(world, start, chance))
    return Plan(start, _bottlings(world, purchases, start), purchases, deliveries, diversions, (transfer,), gifts)


def _far_city(world: World, dealer: Member, chance: random.Random) -> str:
    """A dealer's city of another province, more than about 400 km away; large cities draw more goods."""
    far = [
        other.place
        for other in world.dealers
        if other.place.province != dealer.place.province
        and (other.place.lat - dealer.place.lat) ** 2 + (other.place.lon - dealer.place.lon) ** 2 > 16
    ]
    return chance.choices(far, weights=[place.population for place in far])[0].adcode


def _purchases(world: World, start: datetime, extra: dict[str, int], chance: random.Random) -> Sequence[Purchase]:
    flagship, everyday, reserve = world.products
    found = []
    for index, dealer in enumerate(world.dealers):
        for number, week in enumerate((0, 3)):
            at = start + timedelta(weeks=week, days=index % 5, hours=9 + chance.random() * 6)
            more = extra.get(dealer.gln, 0) if number == 0 else 0
            cases = [(flagship, chance.randint(5, 8) + more), (everyday, chance.randint(6, 10))]
            if index % 3 == 0:
                cases.append((reserve, 2))
            found.append(Purchase(dealer, number, at, tuple(cases)))
    return found


def _unsigned(diversion: Diversion, start: datetime) -> Purchase:
    """An order of its own for what is going to be diverted: its receipt is never signed."""
    cases = ((diversion.product, diversion.cases),)
    return Purchase(diversion.dealer, 2, start + timedelta(weeks=3, days=4, hours=14), cases, signs=False)


def _deliveries(world: World, start: datetime, chance: random.Random) -> Sequence[Delivery]:
    flagship, everyday, _ = world.products
    found = []
    for dealer in world.dealers:
        for week in (2, 5):
            for store in world.stores[dealer.gln]:
                at = start + timedelta(weeks=week, days=chance.randint(2, 5), hours=10 + chance.random() * 6)
                found.append(Delivery(dealer, store, at, ((flagship, 2), (everyday, 2))))
    return found


def _bottlings(world: World, purchases: Sequence[Purchase], start: datetime) -> tuple[Bottling, ...]:
    """Enough of each product for all purchases, in two batches, rounded up to pallets of 20 cases."""
    made = []
    for product in world.products:
        cases = sum(count for purchase in purchases for each, count in purchase.cases if each is product)
        pallets = -(-cases // 20) + len(world.warehouses) * 2
        for number, share in enumerate((pallets - pallets // 2, pallets // 2)):
            at = start - timedelta(days=20 - number * 3 - world.products.index(product))
            batch = f"{at:%y%m%d}{chr(65 + world.products.index(product))}{number + 1}"
            made.append(Bottling(product, batch, share * 20 * product.case_size, at))
    return tuple(made)

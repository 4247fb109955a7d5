"""The brand, its farms, distillery, warehouses, dealers and stores: made from a seed, the same every time. Pure."""

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass

from backend.catalog.rules import Place
from scanner.gs1.check_digit import check_digit

PREFIX = "6901234"
"""GS1 company prefix of the demo's brand (an example number of the Chinese range)."""

_CODES = (
    "510100 510500 510700 500000 520100 520300 530100 450100 440100 440300 440600 460100 350100 350200 360100 "
    "430100 420100 410100 410300 340100 320100 320500 330100 330200 310000 370100 370200 130100 110000 120000"
)
DEALER_CITIES = tuple(_CODES.split())
"""Prefectures of the thirty dealers, in 21 provinces."""

_HOUSES = ("醇", "鸿运", "盛泉", "金樽", "同福", "聚源", "万和", "瑞丰", "恒昌", "德润")
_STREETS = ("人民路", "解放街", "中山路", "建设街", "和平里", "新华路")


@dataclass(frozen=True)
class Member:
    """A party of the story, its only place and its only device."""

    gln: str
    name: str
    roles: tuple[str, ...]
    place: Place
    supplier: str | None
    key: bytes


@dataclass(frozen=True)
class Product:
    """What is sold. Prices in fen a bottle, at which the brand lists it for consumers."""

    gtin: str
    name_zh: str
    name_en: str
    abv_permille: int
    volume_ml: int
    case_size: int
    list_fen: int
    floor_fen: int


@dataclass(frozen=True)
class World:
    """All members. `scale` is 1 for the whole story, smaller for tests."""

    seed: int
    scale: float
    brand: Member
    farms: tuple[Member, ...]
    distillery: Member
    warehouses: tuple[Member, ...]
    dealers: tuple[Member, ...]
    stores: Mapping[str, tuple[Member, ...]]
    products: tuple[Product, ...]
    places: Mapping[str, Place]

    @property
    def members(self) -> tuple[Member, ...]:
        """Everyone, buyers after their suppliers."""
        stores = tuple(store for dealer in self.dealers for store in self.stores[dealer.gln])
        return (self.brand, *self.farms, self.distillery, *self.warehouses, *self.dealers, *stores)


PRODUCTS = (
    Product("06901234500011", "云岭陈酿 52度", "Yunling Aged 52", 520, 500, 6, 49_900, 39_900),
    Product("06901234500028", "云岭特曲 42度", "Yunling Tequ 42", 420, 500, 6, 19_900, 15_900),
    Product("06901234500035", "云岭珍藏 53度", "Yunling Reserve 53", 530, 500, 6, 129_900, 109_900),
)


def gln(number: int) -> str:
    """A GLN-13 of the demo's prefix."""
    body = f"{PREFIX}{number:05d}"
    return body + check_digit(body)


def make_world(seed: int, places: Mapping[str, Place], *, scale: float = 1.0) -> World:
    """The world of a seed. `places` maps adcode to place and must hold `DEALER_CITIES`."""
    chance = random.Random(f"world-{seed}")  # noqa: S311  (a story, not a secret)
    numbers = iter(range(1, 10_000))

    def member(name: str, roles: tuple[str, ...], adcode: str, supplier: str | None) -> Member:
        own = gln(next(numbers))
        key = hashlib.sha256(f"jiulian-demo/{seed}/{own}".encode()).digest()
        return Member(own, name, roles, places[adcode], supplier, key)

    brand = member("云岭酒业股份有限公司", ("brand",), "511500", None)
    farms = (
        member("宜宾南溪高粱合作社", ("producer",), "511500", brand.gln),
        member("泸州纳溪粮食合作社", ("producer",), "510500", brand.gln),
    )
    distillery = member("云岭酒厂", ("producer",), "511500", brand.gln)
    warehouses = (
        member("云岭西南中心仓", ("warehouse",), "510100", brand.gln),
        member("云岭华中中心仓", ("warehouse",), "420100", brand.gln),
        member("云岭华东中心仓", ("warehouse",), "320100", brand.gln),
    )
    cities = list(DEALER_CITIES[: max(8, round(len(DEALER_CITIES) * min(scale, 1.0)))])
    dealers = []
    stores: dict[str, tuple[Member, ...]] = {}
    for index, adcode in enumerate(cities):
        city = places[adcode].name.removesuffix("市")
        dealer = member(f"{city}{_HOUSES[index % len(_HOUSES)]}酒业有限公司", ("dealer",), adcode, brand.gln)
        dealers.append(dealer)
        streets = chance.sample(_STREETS, 2)
        stores[dealer.gln] = tuple(
            member(f"{city}{street}烟酒店", ("store",), adcode, dealer.gln) for street in streets
        )
    return World(seed, scale, brand, farms, distillery, warehouses, tuple(dealers), stores, PRODUCTS, places)


def nearest_warehouse(world: World, adcode: str) -> Member:
    """The brand's warehouse that is closest to a prefecture (squared degrees are enough to choose)."""
    place = world.places[adcode]
    return min(
        world.warehouses,
        key=lambda w: (w.place.lat - place.lat) ** 2 + (w.place.lon - place.lon) ** 2,
    )

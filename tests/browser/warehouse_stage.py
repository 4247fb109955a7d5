"""A stage for the warehouse app: 60 bottles to ship to a dealer, a device of the warehouse, people logged in."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy.orm import Session, sessionmaker

from backend.capture import service as capture
from backend.catalog import service as catalog
from backend.custody import service as custody
from backend.identity import keys
from backend.identity import service as identity
from backend.identity.access import COOKIE
from backend.identity.rules import Device
from backend.identity.store import add_device
from backend.orders import service as orders
from backend.orders.rules import LineWish
from backend.orders.service import Command, Wish
from backend.settings import Settings
from ledger_indexer.bindings.deployments import Deployment
from scanner.device import joining, signing
from tests.kit.wholesale import AGED, BY_BRAND, BY_DEALER, DEALER, WAREHOUSE, open_wholesale

LEDGER = "0x5fbdb2315678afecb367f032d93f642f64180aa3"
PASSWORD = "warehouse-password"


@dataclass(frozen=True)
class Promised:
    """An order and the cases of the batch that it was promised, with those of another batch beside them."""

    order: str
    cases: list[str]
    spare: list[str]


def tell_promised(sessions: sessionmaker[Session]) -> Promised:
    """Bottles, people, and an order of 60 that was promised a day ago."""
    now = datetime.now(UTC) - timedelta(days=1)
    with sessions.begin() as session:
        trade = open_wholesale(session, now)
        trade.bottle("B1", 120)
        trade.bottle("B2", 60)
        for name, party, role in (("陈", WAREHOUSE, "warehouse"), ("李", DEALER, "dealer")):
            identity.add_user(session, name, PASSWORD, {role}, party)
        cases, spare = (_cases(session, batch) for batch in ("B1", "B2"))
    with sessions.begin() as session:
        wish = Wish(uuid4(), DEALER, WAREHOUSE, (LineWish(AGED.gtin, 60),))
        order, _ = orders.place(session, wish, by=BY_DEALER, now=now)
        orders.approve(session, order.id, Command(uuid4(), BY_BRAND), now=now)
        orders.allocate(session, order.id, Command(uuid4(), BY_BRAND), now=now)
        return Promised(str(order.id), cases, spare)


def _cases(session: Session, batch: str) -> list[str]:
    return [case.sscc for case in catalog.list_cases(session, catalog.get_code_run(session, AGED.gtin, batch))]


@dataclass
class Stage:
    """What a test acts on and looks at."""

    sessions: sessionmaker[Session]
    settings: Settings
    site: str
    open_page: Callable[..., Page]
    promised: Promised

    @property
    def cases(self) -> list[str]:
        """SSCCs of the batch that the order was promised."""
        return self.promised.cases

    @property
    def spare(self) -> list[str]:
        """SSCCs of another batch of the same product, in the same warehouse."""
        return self.promised.spare

    @property
    def order(self) -> str:
        """The order's id."""
        return self.promised.order

    def __post_init__(self) -> None:
        """The domain that devices sign for."""
        self.settings.home.mkdir(parents=True, exist_ok=True)
        Deployment(31337, LEDGER, LEDGER, LEDGER, LEDGER, 1, 2).save(self.settings.deployment_path)

    def log_in(self, context: BrowserContext, name: str) -> None:
        """Put a person's session into a browser."""
        with self.sessions.begin() as session:
            token = identity.log_in(session, name, PASSWORD, now=datetime.now(UTC))
        context.add_cookies([{"name": COOKIE, "value": token, "url": self.site}])

    def device_page(self, name: str) -> Page:
        """The app's page of the device, opened by a person on a phone that nobody enrolled."""
        page = self.open_page("/login", phone=True)
        self.log_in(page.context, name)
        page.goto("/warehouse#/device")
        expect(page.locator("[data-address]")).to_contain_text("0x")
        return page

    @staticmethod
    def signer_of(page: Page) -> bytes:
        """The key of the phone whose app is open, from its technical details."""
        return bytes.fromhex(str(page.locator("[data-address]").text_content())[2:])

    def invite(self, party: str) -> str:
        """The code that the brand hands over for a party's first device."""
        code = joining.new_code(secrets.token_bytes)
        with self.sessions.begin() as session:
            invitation = signing.address_of(joining.key_of_code(code))
            keys.invite(session, party, invitation, now=datetime.now(UTC), person="品牌")
        return code

    def work(self, name: str = "陈", party: str = WAREHOUSE, **options: object) -> Page:
        """The app, opened by a person on a device that the brand has enrolled."""
        page = self.open_page("/login", phone=True, **options)
        self.log_in(page.context, name)
        page.goto("/warehouse#/device")
        address = page.locator("[data-address]")
        expect(address).to_contain_text("0x")
        signer = self.signer_of(page)
        with self.sessions.begin() as session:
            add_device(session, Device(signer, party, f"手持 {name}"), datetime.now(UTC))
        page.goto("/warehouse#/")
        page.locator("[data-refresh]").click()
        expect(page.locator("[data-device]").first).to_have_text(f"手持 {name}")
        self.wait_offline_ready(page)
        return page

    @staticmethod
    def wait_offline_ready(page: Page) -> None:
        """Until the service worker holds the app."""
        # Not wait_for_function: from its second look on, the page's policy forbids the evaluation of a string.
        page.evaluate(
            """new Promise((held, late) => {
                const {serviceWorker} = navigator
                const look = () => serviceWorker.controller && held()
                serviceWorker.addEventListener('controllerchange', look)
                serviceWorker.ready.then(look)
                setTimeout(() => late(new Error('no service worker took the page')), 30_000)
            })"""
        )

    def captured(self) -> list[dict[str, object]]:
        """Events that devices handed in, in order."""
        with self.sessions() as session:
            return [each.event for each in capture.list_captures(session)]

    def held(self, party: str, batch: str = "B1") -> int:
        """Bottles a party holds."""
        with self.sessions() as session:
            return custody.held(session, party, AGED.gtin, batch)


def scan(page: Page, text: str, *, end: str = "Enter") -> None:
    """A hand scanner: key strokes, then its terminator."""
    page.keyboard.type(text)
    if end:
        page.keyboard.press(end)


def job(page: Page) -> None:
    """Open the first job of today."""
    page.locator("a.job").first.click()
    expect(page.locator("#view-scan")).to_be_visible()

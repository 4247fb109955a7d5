"""A real Chromium against the real application over a real database."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.demo.browser import find
from backend.settings import Settings, Web
from tests.browser.warehouse_stage import Stage, tell_promised
from tests.databases import Once

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1366, "height": 820}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser of this machine."""
    path = find()
    if path is None:
        pytest.fail("Chromium is missing: install it (Debian: apt-get install chromium) or set JIULIAN_CHROMIUM")
    expect.set_options(timeout=30_000)  # what a busy neighbour may cost; who passes waits no longer for it
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of the application under test."""
    return Settings(home=tmp_path / "home", web=Web(demo_clock=True, trusted_proxies=("127.0.0.1",)))


@pytest.fixture(scope="session")
def template_database(once: Once) -> str:
    """Most of these tests begin at a warehouse whose order was promised."""
    return once(tell_promised)[0]


@pytest.fixture
def site(settings: Settings, sessions: sessionmaker[Session]) -> Iterator[str]:
    """Address of the application, served by uvicorn in a thread over the test's database."""
    opened = socket.socket()
    opened.bind(("127.0.0.1", 0))
    opened.listen(64)
    server = uvicorn.Server(uvicorn.Config(create_app(settings, sessions), log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{opened.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def open_page(chromium: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """Opens pages of the site; a page that throws or breaks the content policy fails its test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_(path: str = "/", *, phone: bool = False, scripts: bool = True, **options: object) -> Page:
        context = chromium.new_context(
            base_url=site,
            viewport=PHONE if phone else DESK,
            java_script_enabled=scripts,
            locale="zh-CN",
            **options,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: complaints.append(message.text) if "Content Security Policy" in message.text else None,
        )
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def stage(
    sessions: sessionmaker[Session], settings: Settings, site: str, open_page: Callable[..., Page], once: Once
) -> Stage:
    """The warehouse, its order and its people."""
    return Stage(sessions, settings, site, open_page, once(tell_promised)[1])


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """Runs axe-core on a page; the violations as sentences (WCAG 2.2 AA)."""
    source = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()

    def check(page: Page) -> list[str]:
        page.evaluate(source)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{violation['id']}: {violation['help']} {[node['html'][:120] for node in violation['nodes'][:3]]}"
            for violation in found["violations"]
        ]

    return check

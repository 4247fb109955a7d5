"""The web application: capabilities' routers put together, and nothing else."""

from importlib import import_module
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles
from sqlalchemy.orm import Session, sessionmaker

from backend import naming, nodes
from backend.reactions import REACTIONS
from backend.settings import Settings
from backend.web import refusals, security
from backend.web.requests import make_limiter
from backend.web.text import check_text

_ROUTERS = (
    "backend.identity.pages",
    "backend.identity.pages_accounts",
    "backend.identity.pages_parties",
    "backend.identity.api",
    "backend.identity.keys_api",
    "backend.identity.keys_pages",
    "backend.catalog.api",
    "backend.capture.api",
    "backend.custody.api",
    "backend.custody.pages",
    "backend.anchoring.api",
    "backend.reconciliation.api",
    "backend.reconciliation.pages",
    "backend.orders.api",
    "backend.orders.pages",
    "backend.stock.api",
    "backend.stock.pages",
    "backend.dealers.api",
    "backend.dealers.pages",
    "backend.verification.pages",
    "backend.verification.open_pages",
    "backend.verification.way_pages",
    "backend.verification.reading_files",
    "backend.warehouse.pages",
    "backend.warehouse.api",
    "backend.risk.pages",
    "backend.cases.api",
    "backend.cases.pages",
    "backend.health",
)


def create_app(settings: Settings, sessions: sessionmaker[Session]) -> FastAPI:
    """The application over a database. Settings and sessions are arguments, so tests and demo compose their own."""
    checks = [Depends(check_text)]
    app = FastAPI(title="Jiulian 酒链", docs_url=None, redoc_url=None, openapi_url="/openapi.json", dependencies=checks)
    app.state.settings = settings
    app.state.sessions = sessions
    app.state.reactions = REACTIONS
    app.state.limiter = make_limiter()
    app.state.find = naming.find
    for name in _ROUTERS:
        app.include_router(import_module(name).router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "web" / "static"), name="static")
    refusals.install(app)
    security.install(app, settings, lambda: nodes.node_urls(settings))
    app.add_middleware(GZipMiddleware, minimum_size=500)
    return app

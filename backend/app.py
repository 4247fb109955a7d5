"""The web application: capabilities' routers put together, and nothing else."""

from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles
from sqlalchemy.orm import Session, sessionmaker

from backend import capabilities, naming, nodes
from backend.anchoring import service as anchoring
from backend.identity import access
from backend.operations.exposition import FigureCollector
from backend.operations.reading import FigureReader
from backend.settings import Settings
from backend.verification.bottle import BOTTLE
from backend.web import refusals, security
from backend.web.downloads import Downloads
from backend.web.metrics import WebMetrics
from backend.web.observing import Observer
from backend.web.requests import make_limiter
from backend.web.shapes import REFUSALS
from backend.web.text import check_text


def create_app(settings: Settings, sessions: sessionmaker[Session]) -> FastAPI:
    """The application over a database. Settings and sessions are arguments, so tests and demo compose their own."""
    checks = [Depends(check_text)]
    app = FastAPI(title="Jiulian 酒链", docs_url=None, redoc_url=None, dependencies=checks, responses=REFUSALS)
    app.state.settings = settings
    app.state.sessions = sessions
    app.state.reactions = capabilities.REACTIONS
    app.state.alert_reactions = capabilities.ALERT_REACTIONS
    app.state.how_far = anchoring.how_far
    app.state.look_up = access.look_up
    app.state.links_for, app.state.home_of = capabilities.links_for, capabilities.home_of
    app.state.limiter = make_limiter()
    app.state.downloads = Downloads(settings.web.downloads, settings.web.download_seconds)
    app.state.find = naming.find
    app.state.metrics = metrics = WebMetrics()
    app.state.figures = FigureReader(sessions, settings)
    metrics.registry.register(FigureCollector(app.state.figures))
    for router in (router for each in capabilities.CAPABILITIES for router in each.routers):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "web" / "static"), name="static")
    refusals.install(app)
    security.install(app, settings, lambda: nodes.node_urls(settings))
    app.add_middleware(GZipMiddleware, minimum_size=500)
    app.add_middleware(Observer, metrics=metrics, proxies=settings.web.trusted_proxies, scans={BOTTLE})
    return app

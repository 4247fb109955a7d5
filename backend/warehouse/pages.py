"""The warehouse app: one page, its service worker, its manifest and its files. It works without us once loaded."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from babel.messages.pofile import read_po
from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response

import scanner
from backend.errors import NotFound
from backend.identity.access import public, require
from backend.identity.rules import TRADERS, Principal
from backend.web import rendering, vocabulary
from backend.web.i18n import language_of
from backend.web.rendering import page
from scanner.labels.qr import qr_matrix, with_quiet_zone

router = APIRouter(include_in_schema=False)
APP = Path(scanner.__file__).parent / "pwa"
STATIC = Path(rendering.__file__).parent / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
_OUTSIDE_CACHE = {"sw.js"}
_KINDS = ("device", "outbox", "app_step", "app_stamp")
"""Kinds of the vocabulary whose states the app shows."""


def _files(root: Path) -> dict[str, Path]:
    return {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if path.is_file()}


def _vendored() -> dict[str, Path]:
    """Libraries of the app; those of the desks' charts stay where the desks are."""
    return {name: path for name, path in _files(STATIC / "vendor").items() if not name.startswith("chart.js-")}


def _stamp() -> tuple[tuple[str, float], ...]:
    found = [*_files(APP).values(), *_vendored().values()]
    found += [STATIC / "css" / f"{part}.css" for part in rendering.STYLES]
    web = Path(rendering.__file__).parent
    found += sorted([*web.glob("templates/w*/*.html"), *web.glob("locale/*/warehouse.po")])
    found += sorted([Path(vocabulary.__file__), *web.glob("locale/*/vocabulary.po")])
    return tuple((str(path), path.stat().st_mtime) for path in found)


@lru_cache(maxsize=2)
def _version(stamp: tuple[tuple[str, float], ...]) -> str:
    """One hash over all the app is made of: any change makes the service worker fetch all of it anew, or none."""
    whole = hashlib.sha256()
    for name, _ in stamp:
        whole.update(hashlib.sha256(Path(name).read_bytes()).digest())
    return whole.hexdigest()[:16]


def _shell() -> list[str]:
    app = [f"/warehouse/app/{name}" for name in _files(APP) if name not in _OUTSIDE_CACHE]
    vendor = [f"/static/vendor/{name}" for name in _vendored() if name.endswith((".js", ".wasm"))]
    styles = [rendering.static(f"css/{part}.css") for part in rendering.STYLES]
    return ["/warehouse", *app, *vendor, *styles, rendering.static("icons/seal.svg")]


@lru_cache
def _words(language: str) -> dict[str, str]:
    """The app's texts in a language, for its scripts, and states as "kind.state"; Chinese texts are the source."""
    states = {
        f"{kind}.{state}": vocabulary.say(kind, state, language) for kind in _KINDS for state in vocabulary.KINDS[kind]
    }
    path = Path(rendering.__file__).parent / "locale" / language / "warehouse.po"
    if not path.exists():
        return states
    with path.open("rb") as file:
        return {str(each.id): str(each.string) for each in read_po(file) if each.id and each.string} | states


@router.get("/warehouse")
def app(request: Request, _: Annotated[Principal, require(*TRADERS)]) -> Response:
    """The app's one page, the same for everybody who may open it: it is kept on the device."""
    return page(request, "warehouse/app.html", words=_words(language_of(request)))


@router.get("/warehouse/sw.js")
@public
def service_worker() -> Response:
    """The service worker, with the list of files of this version in front."""
    head = f"const VERSION = {json.dumps(_version(_stamp()))};\nconst SHELL = {json.dumps(_shell())};\n"
    text = head + (APP / "sw.js").read_text("utf-8")
    return Response(text, media_type="text/javascript", headers={"Service-Worker-Allowed": "/warehouse"})


@router.get("/warehouse/manifest.webmanifest")
@public
def manifest(request: Request) -> Response:
    """What a phone needs to put the app on its home screen."""
    name = {"zh": "酒链仓库", "en": "Jiulian warehouse"}[language_of(request)]
    content = {
        "name": name,
        "short_name": name,
        "id": "/warehouse",
        "start_url": "/warehouse",
        "scope": "/warehouse",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#14130f",
        "theme_color": "#14130f",
        "icons": [
            {"src": "/warehouse/app/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any maskable"}
        ],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(text, media_type="application/manifest+json")


@router.get("/warehouse/qr.svg")
def qr(
    request: Request,
    text: Annotated[str, Query(pattern=r"^jiulian-join:2:[!-~]{1,900}$")],
    _: Annotated[Principal, require(*TRADERS)],
) -> Response:
    """A device's request to join as a QR code, for whoever lets it in."""
    rows = with_quiet_zone(qr_matrix(text))
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    svg = rendering.render(request, "warehouse/qr.svg", size=len(rows), path=path)
    return Response(svg, media_type="image/svg+xml")


@router.get("/warehouse/app/{name:path}")
@public
def app_file(name: str) -> Response:
    """A file of the app. They hold no data of anybody."""
    path = _files(APP).get(name)
    if path is None or path.suffix not in _TYPES:
        raise NotFound(f"no file {name} in the warehouse app", file=name)
    return FileResponse(path, media_type=_TYPES[path.suffix], headers={"Cache-Control": "no-cache"})

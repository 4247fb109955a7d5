"""The page of operations: how the house fares, in words."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from backend.identity.access import require
from backend.identity.rules import OPERATORS, Principal
from backend.operations import service, words
from backend.operations.reading import FigureReader
from backend.operations.rules import findings_of, health_of
from backend.web.i18n import language_of
from backend.web.rendering import page
from backend.web.routes import ForPeople

router = APIRouter(route_class=ForPeople, include_in_schema=False)


@router.get("/operations")
def show(request: Request, _: Annotated[Principal, require(*OPERATORS)]) -> Response:
    """Health first, then the figures that it follows from, as of one moment."""
    reader: FigureReader = request.app.state.figures
    figures = reader.read()
    findings = findings_of(figures, service.expected(reader.settings))
    language = language_of(request)
    return page(
        request,
        "operations/figures.html",
        figures=figures,
        health=health_of(findings),
        findings=[(each, words.sentence(each, language)) for each in findings],
        refused=[(words.refused(kind, language), count) for kind, count in figures.refusals.items()],
        span=lambda length: words.span(length, language),
        ago=lambda length: words.ago(length, language),
        job_name=lambda name: words.job_name(name, language),
    )

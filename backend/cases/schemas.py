"""JSON shapes of cases; a form of the page is read into the same."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from backend.cases.rules import FileState, Judgement, Outcome, Reason, judgement_of
from backend.china_time import CHINA
from backend.errors import Malformed
from backend.web.shapes import Strict


class DecisionBody(Strict):
    """A decision as it is posted. `watch_until` is a day, to its end in China, or a moment."""

    outcome: str = Field(json_schema_extra={"enum": list(Outcome)})
    reasons: tuple[Annotated[str, Field(json_schema_extra={"enum": list(Reason)})], ...] = ()
    note: str = ""
    watch_until: date | datetime | None = None
    alert_version: int
    case_version: int

    def judgement(self) -> Judgement:
        """The decision as the rules take it.

        Raises:
            Malformed: unknown outcome or reason.
        """
        return judgement_of(
            self.outcome,
            self.reasons,
            self.note,
            _moment(self.watch_until),
            alert_version=self.alert_version,
            case_version=self.case_version,
        )


class TakenOut(BaseModel):
    """The alert that was taken, or none."""

    alert: int | None


class DecisionOut(BaseModel):
    """A decision that was taken, and its leaf of the evidence log."""

    alert: int
    outcome: Outcome
    state: FileState
    case_version: int
    evidence: str


def _moment(until: date | datetime | None) -> datetime | None:
    if isinstance(until, datetime):
        return until if until.tzinfo else until.replace(tzinfo=UTC)
    return None if until is None else datetime.combine(until, time(23, 59), CHINA)


def parse_decision(values: Mapping[str, object]) -> Judgement:
    """A posted decision.

    Raises:
        Malformed: a field is missing or cannot be understood; `field` names it.
    """
    try:
        return DecisionBody.model_validate(values).judgement()
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Malformed(f"{field}: {first['msg']}", field=field, why=first["type"]) from error


def form_values(pairs: list[tuple[str, str]]) -> dict[str, object]:
    """A form's fields as the shape above. Reasons of outcomes that were not chosen are left behind."""
    values = dict(pairs)
    outcome = values.get("outcome", "")
    reasons = [value for name, value in pairs if name == f"reason-{outcome}"]
    kept = {name: value for name, value in values.items() if not name.startswith("reason-")}
    if not kept.get("watch_until") or outcome != Outcome.WATCH:
        kept.pop("watch_until", None)
    return {**kept, "reasons": reasons}

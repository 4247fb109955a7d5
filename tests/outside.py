"""Cases that others wrote, where they are at hand: each says itself what is right."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

CASES = Path(os.environ.get("JIULIAN_SHARED_CASES", ROOT.parent / "shared" / "cases"))
EVENTS = frozenset({"ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"})
FIELDS = frozenset(
    re.findall(
        r"\S+",
        """
        @context type eventID eventTime recordTime eventTimeZoneOffset errorDeclaration certificationInfo
        epcList quantityList childEPCs childQuantityList parentID inputEPCList inputQuantityList
        outputEPCList outputQuantityList transformationID action bizStep disposition persistentDisposition
        readPoint bizLocation bizTransactionList sourceList destinationList sensorElementList ilmd
        """,
    )
)
"""Names that EPCIS 2.0 gives the fields of events (section 7.4); any other must carry a prefix."""
DOCUMENTS = frozenset({"EPCISDocument", "EPCISQueryDocument"})


def cases(word: str) -> list[dict[str, Any]]:
    """Single cases whose `how` speaks of `word`; none where the folder is absent."""
    found = [json.loads(path.read_text("utf-8")) for path in sorted(CASES.glob("*.json"))]
    return [each for each in found if word in each.get("how", "")]


def inputs(case: dict[str, Any]) -> list[str]:
    """The texts of a case."""
    return [case["input"]] if isinstance(case["input"], str) else list(case["input"])


def meant_as_wrong(path: Path, root: Path) -> bool:
    """Whether its source calls a file invalid, in its name or its folder's."""
    return any("invalid" in part.lower() for part in path.relative_to(root).parts)


def is_epcis(text: str) -> bool:
    """Whether a text is an EPCIS document or event at all, as its own words say: kinds, events, each name once."""
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except ValueError:
        return False
    return isinstance(content, dict) and (
        content.get("type") in EVENTS
        or (content.get("type") in DOCUMENTS and "@context" in content and all(map(_is_event, _events(content))))
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice")
    return found


def _events(content: dict[str, Any]) -> Iterator[Any]:
    body = content.get("epcisBody", {})
    yield from body.get("queryResults", {}).get("resultsBody", body).get("eventList", [])


def _is_event(event: Any) -> bool:
    if not isinstance(event, dict) or not (event.get("type") in EVENTS or ":" in str(event.get("type", ""))):
        return False
    return all(name in FIELDS or ":" in name for name in event)


def is_field_of(field: str, text: str) -> bool:
    """Whether a refusal names a field that is in the text, or one that its parent lacks."""
    content: Any = json.loads(text)
    for name in field.replace("[", ".[").split("."):
        if name.startswith("["):
            at = int(name[1:-1])
            if not isinstance(content, list) or at >= len(content):
                return False
            content = content[at]
        elif isinstance(content, dict):
            if name not in content:
                return True
            content = content[name]
        else:
            return False
    return True

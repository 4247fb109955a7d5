"""Names in the environment: those that are known, and what is said of those that are not."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from ledger_indexer.settings import Settings as IndexSettings

PREFIX = "JIULIAN_"
_NEAR = 0.75
"""How alike, of 1, two names must be for one to be meant by the other."""
OTHERS = {
    "JIULIAN_ANVIL": "The anvil program of the embedded chain; none: the one that npm installed.",
    "JIULIAN_CHROMIUM": "A Chromium for the tests in a browser; none: one of the usual names.",
    "JIULIAN_KEY_PASSPHRASE": "What `jiulian scan` locks and unlocks a device's key file with.",
    "JIULIAN_PROVE": "Long campaigns instead of short ones, in tests (`make prove` sets it).",
    "JIULIAN_SEED": "Another seed for the campaign against the embedded chain, in tests.",
    "JIULIAN_CRASH_SEED": "Another seed for the crash story, in tests.",
    "JIULIAN_FAULT": "Number of the fault planted in the contracts, set by `make prove`.",
    "JIULIAN_SHARED_DATA": "Folder of real data sets that some tests read.",
    "JIULIAN_SHARED_CASES": "Folder of cases that some tests read.",
}
"""Variables that one program or the tests read by themselves."""

OLD = {
    "JIULIAN_RELAYER_KEY": "JIULIAN_CHAIN_RELAYER_KEYS, a JSON list",
    **{f"JIULIAN_{name}": f"JIULIAN_WEB_{name}" for name in ("HOST", "PORT", "TRUSTED_PROXIES", "SECURE_COOKIES")},
    "JIULIAN_DEMO_CLOCK": "JIULIAN_WEB_DEMO_CLOCK",
    **{
        f"JIULIAN_{name}": f"JIULIAN_CHAIN_{name}"
        for name in ("RPC_URL", "NODE_URLS", "FINALITY_DEPTH", "RELAYER_KEYS", "SANCTIONER_KEY", "BUNDLE_AFTER_S")
    },
    "JIULIAN_RECONCILE_EVERY_MINUTES": "JIULIAN_RECONCILIATION_EVERY_MINUTES",
    "JIULIAN_RECONCILE_PATIENCE_MINUTES": "JIULIAN_RECONCILIATION_PATIENCE_MINUTES",
    "JIULIAN_SCAN_RETENTION_DAYS": "JIULIAN_PRIVACY_SCAN_RETENTION_DAYS",
    **{
        f"JIULIAN_{name}_PER_MINUTE": f"JIULIAN_CONSUMERS_{name}_PER_MINUTE"
        for name in ("SCANS", "WAYS", "WRONG_CODES")
    },
    **{
        f"JIULIAN_{name}": f"JIULIAN_ACCOUNTS_{name}"
        for name in ("LOGINS_PER_MINUTE", "LOGIN_FAILURES_PER_QUARTER", "LOGIN_FAILURES_PER_DAY")
    },
    "JIULIAN_LATE_DAYS": "JIULIAN_CAPTURES_LATE_DAYS",
    "JIULIAN_REFUSALS_PER_MINUTE": "JIULIAN_CAPTURES_REFUSALS_PER_MINUTE",
    **{
        f"JIULIAN_{name}": f"JIULIAN_INDEX_{name}"
        for name in (
            "AUDIT_RPC_URLS", "WS_URL", "DEPLOYMENT", "WINDOW", "POLL_S", "FALL_AFTER_S", "LOGS_PER_CALL",
            "BLOCKS_PER_CALL", "CALLS_PER_BATCH", "PATIENCE_S", "AHEAD",
        )
    },
}  # fmt: skip
"""Names of earlier versions, with those that took their place."""

GONE = {
    "JIULIAN_PUBLIC_DOMAIN": "labels get their domain by `jiulian codes sheet --domain`",
    "JIULIAN_PUBLIC_SCHEME": "codes are https everywhere",
    "JIULIAN_LLM_URL": "case summaries are worded by a template",
}
"""Names of earlier versions that nothing took the place of."""


@dataclass(frozen=True)
class Variable:
    """A setting as it stands in the environment. `room` is None for the house's own."""

    name: str
    room: str | None
    text: str
    default: str
    is_list: bool


def variables(settings: type[BaseModel]) -> Iterator[Variable]:
    """All settings, in the order in which they are written down; the indexer's at the end."""
    for name, field in settings.model_fields.items():
        room = field.annotation
        if isinstance(room, type) and issubclass(room, BaseModel):
            for inner, each in room.model_fields.items():
                yield _variable(f"{name}_{inner}", name, each)
        else:
            yield _variable(name, None, field)
    for name, field in IndexSettings.model_fields.items():
        if name != "database_url":
            yield _variable(f"index_{name}", "index", field)


def _variable(name: str, room: str | None, field: FieldInfo) -> Variable:
    return Variable(
        PREFIX + name.upper(),
        room,
        " ".join((field.description or "").split()),
        _default(field.default),
        get_origin(field.annotation) is tuple,
    )


def _default(value: object) -> str:
    if value is PydanticUndefined:
        return "must be set"
    if value is None or value == ():
        return "none"
    return str(value)


def problems_of(environment: Mapping[str, str], settings: type[BaseModel]) -> tuple[str, ...]:
    """A sentence for each variable that begins with `JIULIAN_` and is no setting."""
    known = {each.name for each in variables(settings)} | set(OTHERS)
    unknown = sorted(name for name in environment if name.upper().startswith(PREFIX) and name.upper() not in known)
    return tuple(_problem(name, known) for name in unknown)


def _problem(name: str, known: set[str]) -> str:
    plain = name.upper()
    if new := OLD.get(plain):
        return f"{name} is an old name: it is now {new}."
    if reason := GONE.get(plain):
        return f"{name} is gone, since nothing reads it: {reason}."
    # What all names begin with makes none of them alike.
    rests = sorted(each.removeprefix(PREFIX) for each in known)
    near = get_close_matches(plain.removeprefix(PREFIX), rests, n=1, cutoff=_NEAR)
    guess = f"; is {PREFIX}{near[0]} meant?" if near else "."
    return f"{name} is no setting{guess} `jiulian settings` lists all."


def broken_lists(environment: Mapping[str, str], settings: type[BaseModel]) -> tuple[str, ...]:
    """A sentence for each list that is no JSON list of texts; its value may be a secret and is not told."""
    lists = {each.name for each in variables(settings) if each.is_list}
    wrong = sorted(name for name in environment if name.upper() in lists and not _is_list(environment[name]))
    return tuple(f'{name} is not a JSON list of texts, like ["one", "two"].' for name in wrong)


def _is_list(text: str) -> bool:
    try:
        read = json.loads(text)
    except ValueError:
        return False
    return isinstance(read, list) and all(isinstance(each, str) for each in read)

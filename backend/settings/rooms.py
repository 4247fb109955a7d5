"""The settings of each room, as an operator may set them: `JIULIAN_<ROOM>_<NAME>`. The text under each is its page."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr


def _private_key(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"(0x)?[0-9a-fA-F]{64}", value.get_secret_value()):
        raise ValueError("a private key is 64 hexadecimal digits")
    return value


def _long(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < 16:
        raise ValueError("a token has at least 16 characters")
    return value


def _network(value: str) -> str:
    try:
        ip_network(value, strict=False)
    except ValueError:
        raise ValueError("it must hold addresses or networks, as 10.0.0.0/8") from None
    return value


Network = Annotated[str, AfterValidator(_network)]
# No number is without an end: what the database, a clock or the calendar cannot hold is refused at start.
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Blocks = Annotated[int, Field(ge=0, le=1_000_000)]
Days = Annotated[int, Field(ge=0, le=36_500)]
DaysFromOne = Annotated[int, Field(ge=1, le=36_500)]
Hours = Annotated[int, Field(ge=0, le=8_760)]
Minutes = Annotated[int, Field(ge=0, le=525_600)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
PrivateKey = Annotated[SecretStr, AfterValidator(_private_key)]


class Room(BaseModel):
    """Settings of one room. Their values never stand in an error, since some of them are secrets."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True)


class Web(Room):
    """The web server."""

    host: str = "127.0.0.1"
    """Address the web server binds."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port the web server binds; when taken, `serve`, `run` and `demo` use the next free one. 0: any that is free."""
    trusted_proxies: tuple[str, ...] = ()
    """Peers whose `X-Forwarded-For` and `X-Edge-Adcode` headers are believed (JSON list of addresses)."""
    secure_cookies: bool = False
    """Send session cookies over https only. True anywhere but on one machine."""
    demo_clock: bool = False
    """Whether `X-Demo-Now` may set the time of a request. Only the demo's story needs it; never in production."""
    file_seconds: Seconds = 60
    """Seconds that a list may take to be written as a file. Longer ones are refused, and end in the database too."""
    download_seconds: Seconds = 300
    """Seconds that a written file may take to leave; then a slow reader is cut off. No transaction waits for him."""
    downloads: Count = 20
    """Files that may be written or leaving at once, two at most of one log-in; the next one is asked to come again.
    Each lies on disk while it leaves."""
    files_per_minute: Count = 12
    """Files that one log-in may have a minute."""


class Chain(Room):
    """The chain, and what carries captures to it."""

    home: Path | None = None
    """Folder of the embedded chain; none: `chain` under `JIULIAN_HOME`."""
    rpc_url: Annotated[str | None, Field(repr=False)] = None
    """JSON-RPC node over HTTP; none: the embedded chain."""
    node_urls: tuple[str, ...] = ()
    """Nodes that consumers' phones read themselves (JSON list), ideally run by others than you; none: the
    node above."""
    finality_depth: Blocks = 2
    """Blocks after which the product calls a log final. 0 on chains with instant finality."""
    relayer_keys: tuple[PrivateKey, ...] = ()
    """Hex private keys that pay for transactions (JSON list), each a lane of its own; none: the embedded chain's own.
    The first has duties (enrol, revoke devices, publish heads). Take one away only when nothing of it is under way."""
    sanctioner_key: PrivateKey | None = None
    """Hex private key that changes the standing of parties on chain, and nothing else; none: the embedded chain's own.
    Its address is named when the contracts are deployed, with the delay that its word carries. Never a relayer's."""
    bundle_after_s: Annotated[float, Field(ge=0, le=604_800, allow_inf_nan=False)] = 0
    """Seconds that evidence may wait for more of it to share a transaction; 0: it goes at once. A full one never waits.
    More saves gas where gas costs money, and delays what people see as anchored."""


class Log(Room):
    """Log lines of all processes."""

    format: Literal["text", "json"] = "text"
    """How lines are written: `text` for people, `json` for machines, one object a line."""


class Metrics(Room):
    """Who may read `/metrics`: nobody, until one of these is set."""

    token: Annotated[SecretStr, AfterValidator(_long)] | None = None
    """Whoever sends it as `Authorization: Bearer …` may read, from anywhere; at least 16 characters."""
    addresses: tuple[Network, ...] = ()
    """Clients that may read without a token (JSON list of addresses or networks, as `["10.0.0.0/8"]`). A client is who
    a trusted proxy names, else who connects. What comes with another proxy's word of its client, or from a trusted
    one without a word, may not read; another proxy that says nothing of its clients stands for all of them, so its
    address does not belong here."""


class Captures(Room):
    """What devices submit."""

    late_days: Days = 14
    """Days after it happened that an event which moves goods may still be told; devices without a network must fit."""
    refusals_per_minute: Count = 120
    """Refused captures kept per minute and address; more are answered 429, and the device keeps them for later."""


class Accounts(Room):
    """Log-ins of people."""

    logins_per_minute: Count = 10
    """Log-in attempts per minute and address before the answer is 429."""
    login_failures_per_quarter: Count = 10
    """Wrong passwords for one account in 15 minutes, from all addresses together, before it must wait. A browser in
    which its person has logged in before counts for itself, so a stranger cannot make that person wait."""
    login_failures_per_day: Count = 60
    """The same in 24 hours: what a slow guess over many addresses gets."""


class Consumers(Room):
    """The public pages of bottles."""

    scans_per_minute: Count = 60
    """Public page requests per minute and address before the answer is 429: looks, the forms for opening, and openings
    without a right code, each in a count of its own."""
    ways_per_minute: Count = 6
    """Downloads of a bottle's whole way per minute and address; each asks a node for some blocks."""
    wrong_codes_per_minute: Count = 10
    """Wrong inner codes answered per minute and address; more are asked to wait. A right one is always taken."""


class Privacy(Room):
    """How long personal data is kept."""

    scan_retention_days: DaysFromOne = 90
    """Raw consumer scans older than this are deleted (PIPL: as short as the purpose allows)."""


class Risk(Room):
    """The risk engine."""

    every_hours: Hours = 24
    """How often the worker scores the trade by itself; 0: only when a person asks."""


class Reconciliation(Room):
    """The comparison of the books with the mirror."""

    every_minutes: Minutes = 60
    """How often the worker compares the books with the mirror; 0: only `jiulian index reconcile` does."""
    patience_minutes: Minutes = 30
    """Minutes that a capture may be on its way to the chain before a comparison tells it as a difference."""

"""The indexer's settings: by option, or by environment under the names given here."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from ledger_indexer.log_lines import secrets_of

PREFIX = "JIULIAN_INDEX_"
LENT: ContextVar[Mapping[str, Callable[[], object]]] = ContextVar("LENT", default={})  # noqa: B039 - nobody changes it
"""What a program that the indexer is part of knows by itself, by field: asked for what neither options nor environment
say."""


class WrongSettings(Exception):
    """What is set cannot be; one sentence each, never a value."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _postgresql(value: str) -> str:
    if not value.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        raise ValueError("the database must be a PostgreSQL, as postgresql://user@host/name")
    return value


PostgresUrl = Annotated[str, AfterValidator(_postgresql)]


class Settings(BaseSettings):
    """The indexer, also by itself (`python -m ledger_indexer`)."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, populate_by_name=True, extra="ignore", hide_input_in_errors=True
    )

    database_url: PostgresUrl = Field(
        validation_alias=AliasChoices("JIULIAN_DATABASE_URL", "DATABASE_URL"),
        description="PostgreSQL that holds the mirror, `postgresql+psycopg://…` or `postgresql://…`.",
        repr=False,
    )
    rpc_url: str = Field("http://127.0.0.1:8545", description="The node's JSON-RPC over HTTP.", repr=False)
    audit_rpc_urls: tuple[str, ...] = Field(
        (), description="Further nodes, best run by others, that `audit` asks too (JSON list of JSON-RPC addresses)."
    )
    ws_url: str | None = Field(
        None, description="The node's WebSocket; derived from the RPC address when not set, `-` for none."
    )
    deployment: Path = Field(
        Path(".jiulian/deployment.json"), description="Where the contracts stand, as written at deployment."
    )
    window: int = Field(256, ge=8, le=100_000, description="Blocks a reorganisation may take back without an alarm.")
    poll_s: float = Field(
        0.5,
        gt=0,
        le=3_600,
        allow_inf_nan=False,
        description="Longest silence in seconds before the node is asked for its newest block.",
    )
    fall_after_s: float = Field(
        0.3, ge=0, le=3_600, allow_inf_nan=False, description="Seconds a lower height must last before it is believed."
    )
    logs_per_call: int = Field(4_000, ge=1, le=1_000_000, description="Logs to aim at in one answer while catching up.")
    blocks_per_call: int = Field(
        2_000,
        ge=1,
        le=1_000_000,
        description="Most blocks asked for at once; halved when a node refuses, and remembered.",
    )
    calls_per_batch: int = Field(
        200,
        ge=1,
        le=10_000,
        description="Most calls in one JSON-RPC batch, 1 for none; halved and remembered likewise.",
    )
    patience_s: float = Field(
        60.0,
        ge=0,
        le=86_400,
        allow_inf_nan=False,
        description="Seconds that `audit`, `rebuild` and `prove` wait for a node that limits its rate.",
    )
    log_format: Literal["text", "json"] = Field("text", description="How log lines are written: `text` or `json`.")
    ahead: int = Field(2, ge=0, le=64, description="Ranges fetched while one is written.")

    @property
    def secrets(self) -> list[str]:
        """What must stand in no log line."""
        addresses = (self.database_url, self.rpc_url, *self.audit_rpc_urls, self.ws_url)
        return [secret for address in addresses for secret in secrets_of(address)]

    @property
    def socket_url(self) -> str | None:
        """The WebSocket to use, or None for polling only."""
        if self.ws_url == "-":
            return None
        return self.ws_url or "ws" + self.rpc_url.removeprefix("http")


def read_settings(environment: Mapping[str, str], **options: Any) -> Settings:
    """Settings of this process, whose environment is given: by option, else by environment, else what is lent.

    Raises:
        WrongSettings: a name is unknown or an old one, a value is missing or cannot be read.
    """
    if problems := _problems_of(environment):
        raise WrongSettings(*problems)
    given = {name: give for name, give in LENT.get().items() if name not in options}

    class Lending(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            known = env_settings()
            rest = {name: give() for name, give in given.items() if not {name, _alias(name)} & known.keys()}
            return init_settings, env_settings, InitSettingsSource(settings_cls, rest)

    try:
        return Lending(**options)
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors()
        ]
        raise WrongSettings(*problems) from None
    except SettingsError as error:  # its words name a field and no value
        raise WrongSettings(str(error)) from None


def _alias(name: str) -> str:
    """Name under which the environment's word for a field stands, where that is not the field's own."""
    choices = Settings.model_fields[name].validation_alias
    return str(choices.choices[0]) if isinstance(choices, AliasChoices) else name


def _problems_of(environment: Mapping[str, str]) -> list[str]:
    """A sentence for each name of ours that is unknown or an old one; names of other programs are theirs."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} - {PREFIX + "DATABASE_URL"}
    old = {name.replace("INDEX_", "", 1): name for name in known - {PREFIX + "LOG_FORMAT"}}
    problems = []
    for name in sorted(environment):
        plain = name.upper()
        if plain in old:
            problems.append(f"{name} is an old name: it is now {old[plain]}.")
        elif plain.startswith(PREFIX) and plain not in known:
            rests = sorted(each.removeprefix(PREFIX) for each in known)
            near = get_close_matches(plain.removeprefix(PREFIX), rests, n=1, cutoff=0.75)
            problems.append(f"{name} is no setting{f'; is {PREFIX}{near[0]} meant?' if near else '.'}")
    return problems

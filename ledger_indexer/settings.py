"""What an operator may set; by option, or by environment under the names given here."""

from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of the indexer."""

    model_config = SettingsConfigDict(env_prefix="JIULIAN_", populate_by_name=True, extra="ignore")

    database_url: str = Field(
        validation_alias=AliasChoices("JIULIAN_DATABASE_URL", "DATABASE_URL"),
        description="PostgreSQL that holds the mirror, `postgresql+psycopg://…` or `postgresql://…`.",
    )
    rpc_url: str = Field("http://127.0.0.1:8545", description="The node's JSON-RPC over HTTP.")
    audit_rpc_urls: tuple[str, ...] = Field(
        (), description="Further nodes, best run by others, that `audit` asks too (JSON list of JSON-RPC addresses)."
    )
    ws_url: str | None = Field(
        None, description="The node's WebSocket; derived from the RPC address when not set, `-` for none."
    )
    deployment: Path = Field(
        Path(".jiulian/deployment.json"), description="Where the contracts stand, as written at deployment."
    )
    window: int = Field(256, ge=8, description="Blocks a reorganisation may take back without an alarm.")
    poll_s: float = Field(
        0.5, gt=0, description="Longest silence in seconds before the node is asked for its newest block."
    )
    fall_after_s: float = Field(0.3, ge=0, description="Seconds a lower height must last before it is believed.")
    logs_per_call: int = Field(4_000, ge=1, description="Logs to aim at in one answer while catching up.")
    blocks_per_call: int = Field(
        2_000,
        ge=1,
        description="Most blocks asked for at once; halved when a node refuses, and remembered.",
    )
    calls_per_batch: int = Field(
        200,
        ge=1,
        description="Most calls in one JSON-RPC batch, 1 for none; halved and remembered likewise.",
    )
    patience_s: float = Field(
        60.0,
        ge=0,
        description="Seconds that `audit`, `rebuild` and `prove` wait for a node that limits its rate.",
    )
    ahead: int = Field(2, ge=0, description="Ranges fetched while one is written.")

    @property
    def socket_url(self) -> str | None:
        """The WebSocket to use, or None for polling only."""
        if self.ws_url == "-":
            return None
        return self.ws_url or "ws" + self.rpc_url.removeprefix("http")

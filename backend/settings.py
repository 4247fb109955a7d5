"""All settings of the product in one object; each is documented here and read from the environment."""

from functools import lru_cache
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings by environment variable `JIULIAN_<NAME>`; `DATABASE_URL` is read without the prefix too."""

    model_config = SettingsConfigDict(env_prefix="JIULIAN_", populate_by_name=True)

    home: Path = Path(".jiulian")
    """Folder of all local state: embedded database, chain, keys, deployment."""
    database_url: str | None = Field(
        default=None, validation_alias=AliasChoices("JIULIAN_DATABASE_URL", "DATABASE_URL")
    )
    """PostgreSQL to use; none: the embedded one under `home`."""
    rpc_url: str | None = None
    """JSON-RPC node over HTTP; none: the embedded chain under `home`."""
    node_urls: tuple[str, ...] = ()
    """Nodes that consumers' phones read themselves (JSON list); none: `rpc_url`."""
    finality_depth: int = 2
    """Blocks after which the product calls a log final. 0 on chains with instant finality."""
    relayer_keys: tuple[SecretStr, ...] = ()
    """Hex private keys that pay for transactions (JSON list), each a lane of its own; none: the embedded chain's own.
    The first has duties (enrol, revoke devices, publish heads). Take one away only when nothing of it is under way."""
    sanctioner_key: SecretStr | None = None
    """Hex private key that changes the standing of parties on chain, and nothing else; none: the embedded chain's own.
    Its address is named when the contracts are deployed, with the delay that its word carries."""
    bundle_after_s: float = 0
    """Seconds that evidence may wait for more of it to share a transaction; 0: it goes at once. A full one never waits.
    More saves gas where gas costs money, and delays what people see as anchored."""
    host: str = "127.0.0.1"
    """Address the web server binds."""
    port: int = 8000
    """Port the web server binds; when taken, `serve` and `demo` use the next free one."""
    public_domain: str = "127.0.0.1:8000"
    """Host (and port) printed in bottle codes."""
    public_scheme: str = "http"
    """Scheme printed in bottle codes; https anywhere but on one machine."""
    trusted_proxies: tuple[str, ...] = ()
    """Peers whose `X-Forwarded-For` and `X-Edge-Adcode` headers are believed (JSON list of addresses)."""
    demo_clock: bool = False
    """Whether `X-Demo-Now` may set the time of a request. Only the demo's story needs it; never in production."""
    secure_cookies: bool = False
    """Send session cookies over https only. True anywhere but on one machine."""
    risk_every_hours: int = 24
    """How often the worker scores the trade by itself; 0: only when a person asks."""
    reconcile_every_minutes: int = 60
    """How often the worker compares the books with the mirror; 0: only `jiulian index reconcile` does."""
    reconcile_patience_minutes: int = 30
    """Minutes that a capture may be on its way to the chain before a comparison tells it as a difference."""
    scan_retention_days: int = 90
    """Raw consumer scans older than this are deleted (PIPL: as short as the purpose allows)."""
    scans_per_minute: int = 60
    """Public page requests per minute and address before the answer is 429: looks, the forms for opening, and openings
    without a right code, each in a count of its own."""
    ways_per_minute: int = 6
    """Downloads of a bottle's whole way per minute and address; each asks a node for some blocks."""
    wrong_codes_per_minute: int = 10
    """Wrong inner codes answered per minute and address; more are asked to wait. A right one is always taken."""
    logins_per_minute: int = 10
    """Log-in attempts per minute and address before the answer is 429."""
    late_days: int = 14
    """Days after it happened that an event which moves goods may still be told; devices without a network must fit."""
    login_failures_per_quarter: int = 10
    """Wrong passwords for one account in 15 minutes, from all addresses together, before it must wait. A browser in
    which its person has logged in before counts for itself, so a stranger cannot make that person wait."""
    login_failures_per_day: int = 60
    """The same in 24 hours: what a slow guess over many addresses gets."""
    refusals_per_minute: int = 120
    """Refused captures kept per minute and address; more are answered 429, and the device keeps them for later."""
    llm_url: str | None = None
    """OpenAI-compatible endpoint (DeepSeek or another) that words case summaries; none: a template."""

    @property
    def deployment_path(self) -> Path:
        """File that names the deployed contracts."""
        return self.home / "deployment.json"


@lru_cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()

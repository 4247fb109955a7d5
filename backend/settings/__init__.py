"""All settings of the product in one object, by room: each documented where it stands, read from the environment."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from backend.settings.names import PREFIX, broken_lists, problems_of
from backend.settings.rooms import (
    Accounts,
    Captures,
    Chain,
    Consumers,
    Log,
    Metrics,
    Privacy,
    Reconciliation,
    Risk,
    Web,
)
from ledger_indexer.log_lines import secrets_of
from ledger_indexer.settings import PostgresUrl

__all__ = [
    "Accounts",
    "Captures",
    "Chain",
    "Consumers",
    "Log",
    "Metrics",
    "Privacy",
    "Reconciliation",
    "Risk",
    "Settings",
    "Web",
    "WrongSettings",
    "get_settings",
    "read_settings",
]


class WrongSettings(Exception):
    """The environment sets what is no setting, or sets one to what it cannot be; one sentence each, never a value."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(BaseSettings):
    """The house: two settings of its own, and the rooms' as `JIULIAN_<ROOM>_<NAME>`."""

    model_config = SettingsConfigDict(
        env_prefix="JIULIAN_",
        env_nested_delimiter="_",
        env_nested_max_split=1,
        populate_by_name=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )

    home: Path = Path(".jiulian")
    """Folder of all local state: embedded database, chain, keys, deployment."""
    database_url: PostgresUrl | None = Field(
        default=None, validation_alias=AliasChoices("JIULIAN_DATABASE_URL", "DATABASE_URL"), repr=False
    )
    """PostgreSQL to use (14 or newer), also read as `DATABASE_URL`; none: the embedded one under `JIULIAN_HOME`."""
    web: Web = Web()
    log: Log = Log()
    metrics: Metrics = Metrics()
    chain: Chain = Chain()
    captures: Captures = Captures()
    accounts: Accounts = Accounts()
    consumers: Consumers = Consumers()
    privacy: Privacy = Privacy()
    risk: Risk = Risk()
    reconciliation: Reconciliation = Reconciliation()

    @property
    def deployment_path(self) -> Path:
        """File that names the deployed contracts."""
        return self.home / "deployment.json"

    @property
    def secrets(self) -> list[str]:
        """What must stand in no log line."""
        hidden = (*self.chain.relayer_keys, self.chain.sanctioner_key, self.metrics.token)
        found = [each.get_secret_value() for each in hidden if each is not None]
        for address in (self.database_url, self.chain.rpc_url):
            found += secrets_of(address)
        return found

    @property
    def chain_home(self) -> Path:
        """Folder of the embedded chain."""
        return self.chain.home or self.home / "chain"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of this process, whose environment is given.

    Raises:
        WrongSettings: a name beginning with `JIULIAN_` is unknown or an old one, or a value cannot be read.
    """
    if problems := problems_of(environment, Settings) + broken_lists(environment, Settings):
        raise WrongSettings(problems)
    try:
        return Settings()
    except ValidationError as error:
        problems = tuple(_sentence(problem["loc"], problem["msg"]) for problem in error.errors())
        raise WrongSettings(problems) from None
    except SettingsError as error:  # its words name a field and no value
        raise WrongSettings((str(error),)) from None


def _sentence(place: tuple[int | str, ...], reason: str) -> str:
    """What is wrong with the variable that a place in the settings stands for; an item of a list is its list's."""
    names = "_".join(each for each in place if isinstance(each, str)).upper()
    return f"{PREFIX}{names.removeprefix(PREFIX)}: {reason.removeprefix('Value error, ')}."


@lru_cache
def get_settings() -> Settings:
    """The settings of this process, read once. Raises WrongSettings."""
    return read_settings(os.environ)

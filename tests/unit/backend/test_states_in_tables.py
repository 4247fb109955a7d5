"""What the database takes as a state is what the code knows as one: its lists of words are those of the enums."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, Integer, MetaData, String, Table

import backend.db.tables
from backend.anchoring.rules import IntentState
from backend.capture.rules import EvidenceState
from backend.cases.rules import FileState, Outcome
from backend.db.base import metadata
from backend.identity.rules import Standing
from backend.identity.rules_sanctions import SanctionState
from backend.units.rules import State
from backend.verification.rules import ScanSource

for _module in pkgutil.walk_packages(backend.db.tables.__path__, "backend.db.tables."):
    importlib.import_module(_module.name)

ENUMS: dict[str, type[StrEnum]] = {
    "anchor.state": EvidenceState,
    "case_file.state": FileState,
    "decision.outcome": Outcome,
    "intent.state": IntentState,
    "party.standing": Standing,
    "sanction.standing": Standing,
    "sanction.state": SanctionState,
    "scan.source": ScanSource,
    "unit_custody.state": State,
}
"""The enum of each column whose words the database knows."""
LIST = re.compile(r"(\w+)\s+(not in|in|=|<>)\s+(\([^()]*'[^()]*\)|'\w+')")


def texts(table: Table) -> Iterator[tuple[str, bool]]:
    """SQL that a table keeps, and whether it says all that a column may hold."""
    for rule in [*table.constraints, *(rule for column in table.columns for rule in column.constraints)]:
        if isinstance(rule, CheckConstraint):
            yield str(rule.sqltext), str(rule.name).endswith("_known")
    for index in table.indexes:
        yield str(index.dialect_options["postgresql"].get("where")), False
    for column in table.columns:
        default = getattr(column.server_default, "arg", None)
        if isinstance(default, str) and isinstance(column.type, String) and default.islower():
            yield f"{column.name} = '{default}'", False


def differing(tables: MetaData) -> list[str]:
    """Words of tables that no enum has or that their list lacks, and columns whose enum nobody named."""
    found = []
    for table in tables.sorted_tables:
        for text, is_whole in texts(table):
            for column, _, words in LIST.findall(text):
                name, said = f"{table.name}.{column}", set(re.findall(r"'(\w+)'", words))
                members = {each.value for each in ENUMS.get(name, ())}
                if said - members or (is_whole and members - said):
                    found.append(f"{name}: {sorted(said ^ members if is_whole else said - members)}")
    return found


def test_every_word_that_the_database_knows_is_one_of_an_enum_and_whole_lists_lack_none() -> None:
    assert len([text for table in metadata.sorted_tables for text, _ in texts(table) if LIST.search(text)]) > 10
    assert differing(metadata) == []


def test_a_list_that_differs_from_its_enum_is_found() -> None:
    planted = MetaData()
    Table(
        "decision",
        planted,
        Column("id", Integer, primary_key=True),
        Column("outcome", String, server_default="confirmed"),
        CheckConstraint("outcome in ('confirmed', 'dismissed', 'watch')", name="outcome_known"),
    )
    Table("rebate", planted, Column("state", String, CheckConstraint("state = 'due'")))
    assert differing(planted) == ["decision.outcome: ['undo']", "rebate.state: ['due']"]

"""Numbers among the settings: each has an end, and what is no number is refused at start."""

from datetime import UTC, datetime, timedelta

import pytest
from annotated_types import Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from backend.settings import Settings, WrongSettings, read_settings
from ledger_indexer import settings as index


def _fields() -> dict[str, FieldInfo]:
    """All settings that are numbers, of every room and of the indexer, by name."""
    rooms = [(name, room.annotation) for name, room in Settings.model_fields.items()]
    return {
        f"JIULIAN_{room}_{name}".upper(): field
        for room, model in [*rooms, ("index", index.Settings)]
        if isinstance(model, type) and issubclass(model, BaseModel)
        for name, field in model.model_fields.items()
        if field.annotation in (int, float)
    }


NUMBERS = _fields()


def test_every_number_among_settings_is_found() -> None:
    assert {"JIULIAN_WEB_FILE_SECONDS", "JIULIAN_WEB_PORT", "JIULIAN_INDEX_POLL_S"} <= NUMBERS.keys()
    assert len(NUMBERS) >= 20


@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_a_number_without_measure_is_refused_at_start(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for value in ("inf", "-inf", "nan", "1e12", "1000000000000", "-1", "2147483648"):
        monkeypatch.setenv(name, value)
        said = {name: value}
        if name.startswith("JIULIAN_INDEX_"):
            with pytest.raises(index.WrongSettings, match=name.removeprefix("JIULIAN_INDEX_").lower()):
                index.read_settings(said, database_url="postgresql://db.test/one")
        else:
            with pytest.raises(WrongSettings, match=f"^{name}: "):
                read_settings(said)


@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_the_largest_number_that_may_be_set_fits_clock_calendar_and_database(name: str) -> None:
    most = max(each.le for each in NUMBERS[name].metadata if isinstance(each, Le))
    assert isinstance(most, int)
    assert most * 1000 < 2**31 or not name.endswith("_SECONDS")
    assert datetime.now(UTC) - timedelta(days=most if name.endswith("_DAYS") else 0)

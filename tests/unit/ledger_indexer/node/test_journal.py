"""What the journal keeps, cuts and refuses."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_indexer.node.errors import JournalDamaged
from ledger_indexer.node.journal import MAGIC, Accepted, Entry, Journal, Mined, Sealed, encode, read, scan

BLOCK: list[Entry] = [Accepted(b"first"), Accepted(b"second"), Sealed(1, 1_700_000_000, 2), Mined(1, b"\x11" * 32)]

entries = st.one_of(
    st.binary(max_size=300).map(Accepted),
    st.builds(Sealed, st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1)),
    st.builds(Mined, st.integers(0, 2**64 - 1), st.binary(min_size=32, max_size=32)),
)


def written(path: Path, content: list[Entry]) -> Path:
    journal = Journal(path)
    journal.append(content)
    journal.close()
    return path


@given(st.lists(entries))
def test_reads_back_what_was_appended(content: list[Entry]) -> None:
    assert [entry for entry, _ in scan(b"".join(map(encode, content)))] == content


@given(st.lists(entries, min_size=1), st.data())
def test_a_journal_cut_anywhere_keeps_every_whole_entry(content: list[Entry], data: st.DataObject) -> None:
    stored = b"".join(map(encode, content))
    cut = data.draw(st.integers(0, len(stored)))
    kept = list(scan(stored[:cut]))
    assert [entry for entry, _ in kept] == content[: len(kept)]
    assert all(end <= cut for _, end in kept)
    if len(kept) < len(content):
        following = (kept[-1][1] if kept else 0) + len(encode(content[len(kept)]))
        assert following > cut


@pytest.mark.parametrize("lost", [1, 5, 9, 20])
def test_a_torn_end_is_cut_off_and_writing_goes_on(tmp_path: Path, lost: int) -> None:
    path = written(tmp_path / "journal", [*BLOCK, Accepted(b"torn by the crash")])
    path.write_bytes(path.read_bytes()[:-lost])
    journal = Journal(path)
    assert journal.cut > 0
    journal.append([Accepted(b"after")])
    journal.close()
    assert [entry for entry, _ in read(path)] == [*BLOCK, Accepted(b"after")]


def test_garbage_after_the_last_synced_write_is_cut_off(tmp_path: Path) -> None:
    path = written(tmp_path / "journal", BLOCK)
    path.write_bytes(path.read_bytes() + bytes(range(256)))
    assert Journal(path).cut == 256


def test_damage_before_a_mined_block_is_reported_and_not_cut(tmp_path: Path) -> None:
    path = written(tmp_path / "journal", BLOCK)
    damaged = bytearray(path.read_bytes())
    damaged[len(MAGIC) + 9] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(JournalDamaged, match="block 1 is stored after it"):
        Journal(path)
    assert path.read_bytes() == damaged


def test_a_journal_shorter_than_its_snapshot_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "journal", BLOCK)
    with pytest.raises(JournalDamaged, match="a snapshot has seen"):
        Journal(path, sound_from=path.stat().st_size + 1)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b"x" * 100)
    with pytest.raises(JournalDamaged, match="not a journal"):
        Journal(path)


def test_reading_goes_on_from_any_entry(tmp_path: Path) -> None:
    path = written(tmp_path / "journal", BLOCK)
    (_, after_first), *rest = list(read(path))
    assert list(read(path, after_first)) == rest

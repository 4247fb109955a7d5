"""A run commits a batch to all its codes at once, and can prove each of them."""

import json
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from scanner.codes.run import CodeRun, digital_link, leaf, leaf_data, make_run
from scanner.codes.run_file import read_run, write_run
from scanner.codes.serials import check_inner, check_serial, inner_hash
from scanner.errors import Malformed
from scanner.evidence.proof import inclusion_path, verify_inclusion
from scanner.gs1 import digital_link as gs1
from scanner.gs1.identifiers import Sscc

GTIN = "06901234567892"


def run(count: int = 50, *, batch: str = "B-2025/03", case_size: int = 6, seed: int = 1) -> CodeRun:
    return make_run(GTIN, batch, count, case_size, "369012345", Random(seed).randbytes)


def test_every_bottle_has_its_own_codes_and_a_place_in_a_case() -> None:
    made = run(50)
    assert len(made.units) == 50
    assert len({unit.serial for unit in made.units}) == 50
    assert all(check_serial(unit.serial) and check_inner(unit.inner) for unit in made.units)
    assert [case.end - case.begin for case in made.cases] == [6] * 8 + [2]
    assert all(made.units[at].sscc == case.sscc for case in made.cases for at in range(case.begin, case.end))
    assert made.units[-1] == made.units[49]
    assert [unit.index for unit in made.units[10:13]] == [10, 11, 12]
    with pytest.raises(IndexError):
        made.units[50]


def test_cases_have_right_ssccs_that_follow_one_another() -> None:
    numbers = [Sscc.parse(case.sscc).value for case in run(50).cases]
    assert all(int(after[:17]) == int(before[:17]) + 1 for before, after in pairwise(numbers))


@pytest.mark.parametrize("batch", ["B1", "B-2025/03", 'Q"%&', "20250301A"])
def test_any_bottle_is_proved_by_its_public_parts_and_the_hash_of_its_secret(batch: str) -> None:
    made = run(13, batch=batch)
    for unit in made.units:
        of_unit = leaf(unit.gtin, unit.batch, unit.serial, inner_hash(unit.inner), unit.sscc)
        path = inclusion_path(unit.index, 13, made.tree.node)
        assert verify_inclusion(of_unit, unit.index, 13, made.root, path)


def test_the_leaf_is_over_the_agreed_json() -> None:
    data = leaf_data(GTIN, "B1", "S", "ab" * 32, "369012345000000005")
    assert list(json.loads(data)) == ["batch", "gtin", "inner", "serial", "sscc"]
    assert b" " not in data


def test_another_seed_gives_another_root_and_the_same_seed_the_same() -> None:
    assert run(seed=1).root == run(seed=1).root
    assert run(seed=1).root != run(seed=2).root


def test_the_code_on_the_bottle_is_a_digital_link_gs1_understands() -> None:
    link = gs1.parse(digital_link("q.example.cn", GTIN, "B-2025/03", "23456789ABCDEF"))
    assert (link.value("01"), link.value("10"), link.value("21")) == (GTIN, "B-2025/03", "23456789ABCDEF")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"gtin": "6901234567892"}, "gtin"),
        ({"gtin": "06901234567893"}, "gtin"),
        ({"batch": ""}, "batch"),
        ({"batch": "B" * 21}, "batch"),
        ({"batch": "酒"}, "batch"),
        ({"count": 0}, "count"),
        ({"case_size": 0}, "case_size"),
        ({"sscc_prefix": "36901234567890123"}, "sscc_prefix"),
        ({"sscc_prefix": "3690123456789012", "count": 61}, "sscc_prefix"),
        ({"sscc_prefix": "36A"}, "sscc_prefix"),
    ],
)
def test_a_run_that_cannot_be_is_refused_by_name(change: dict[str, object], field: str) -> None:
    wanted = {"gtin": GTIN, "batch": "B1", "count": 12, "case_size": 6, "sscc_prefix": "369012345"} | change
    with pytest.raises(Malformed) as refusal:
        make_run(**wanted, random=Random(1).randbytes)  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_a_run_read_back_from_its_file_is_the_same_run(tmp_path: Path) -> None:
    made = run(50)
    write_run(made, tmp_path / "run.csv")
    read = read_run(tmp_path / "run.csv")
    assert (read.root, read.cases, list(read.units)) == (made.root, made.cases, list(made.units))


def test_the_file_with_the_secrets_is_for_its_owner_alone(tmp_path: Path) -> None:
    write_run(run(2), tmp_path / "run.csv")
    assert (tmp_path / "run.csv").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ("gtin,batch", "gtin;batch", "line 1"),
        (f"\n{GTIN},B1,", f"\n{GTIN},B2,", "gtin,batch"),
        (",", ",,", "line 1"),
    ],
)
def test_a_spoilt_run_file_is_refused(tmp_path: Path, before: str, after: str, field: str) -> None:
    path = tmp_path / "run.csv"
    write_run(run(7, batch="B1"), path)
    path.write_text(path.read_text().replace(before, after, 1))
    with pytest.raises(Malformed) as refusal:
        read_run(path)
    assert refusal.value.field == field


def test_an_empty_run_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.csv").write_text("gtin,batch,serial,inner,sscc\n")
    with pytest.raises(Malformed):
        read_run(tmp_path / "run.csv")

"""What the address of a list asks, what its pager shows, and what a file of it holds."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from backend.custody.pages import _FINDING_FIELDS
from backend.db.paging import Page
from backend.orders.rules import OrderState
from backend.units.foreign import Thing, ThingSort
from backend.units.store_findings import KeptFinding
from backend.units.told import Contradiction
from backend.web import vocabulary
from backend.web.exports import Field, harmless, write_csv, write_xlsx
from backend.web.lists import ListQuery, ListView
from scanner.device.event_values import Step


class Shelf(ListQuery):
    sort: Literal["-made", "made", "size", "-size"] = "-made"
    kind: Literal["red", "white"] | None = None
    filters: ClassVar[tuple[str, ...]] = ("kind", "q")


def view(number: int = 1, total: int = 1_000, **asked: object) -> ListView:
    query = Shelf.model_validate({"page_number": number, **asked})
    return ListView(page=Page((), total, number, 50), query=query)


def test_what_a_form_leaves_empty_is_not_asked() -> None:
    query = Shelf.model_validate({"kind": "", "q": "", "sort": "", "page_number": ""})
    assert (query.kind, query.q, query.sort, query.page_number) == (None, "", "-made", 1)


@pytest.mark.parametrize(
    "asked",
    [
        {"sort": "price"},
        {"page_number": "0"},
        {"page_number": "1e9"},
        {"page_number": str(10**30)},
        {"page_size": "5001"},
        {"kind": "blue"},
        {"format": "pdf"},
        {"q": "x" * 201},
    ],
)
def test_what_a_list_does_not_know_is_refused_by_its_field(asked: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        Shelf.model_validate(asked)
    assert {str(each["loc"][0]) for each in refused.value.errors()} == set(asked)


def test_another_page_keeps_filters_and_sort_and_a_filter_starts_at_the_first_page() -> None:
    query = Shelf.model_validate({"kind": "red", "q": "a&b", "sort": "size", "page_number": 7})
    assert query.address(page_number=8) == "?kind=red&q=a%26b&sort=size&page_number=8"
    assert query.address(kind="white") == "?kind=white&q=a%26b&sort=size"
    assert query.address(kind=None) == "?q=a%26b&sort=size"


def test_a_heading_sorts_and_sorts_the_other_way_round() -> None:
    assert view().sort_address("size") == "?sort=size"
    assert view().sort_address("size", largest_first=True) == "?sort=-size"
    assert view(sort="size").sorted_as("size") == "ascending"
    assert view(sort="size").sort_address("size") == "?sort=-size"
    assert view(sort="-size").sort_address("size") == "?sort=size"
    assert view().sorted_as("made") == "descending"


@given(st.integers(1, 3_000), st.integers(0, 100_000))
def test_a_pager_has_few_numbers_and_always_the_first_the_last_and_its_own(number: int, total: int) -> None:
    shown = view(number, total)
    pages = shown.page.pages
    numbers = [each for each in shown.numbers if each is not None]
    assert len(shown.numbers) <= 9
    assert numbers == sorted(set(numbers))
    assert {1, pages} <= set(numbers)
    assert all(1 <= each <= pages for each in numbers)
    if number <= pages:
        assert number in numbers


ROWS = [
    ["=1+1", 5, None, "是"],
    ["+8613", 2.5, datetime(2026, 3, 1, 16, tzinfo=UTC), "否"],
    ["-x", -3, date(2026, 3, 1), None],
    ["@sum", 0, "\tcmd", None],
    ["  =1", 1, 'a "quoted", 单元\n格', None],
    ["06901234500011", 1, "plain", None],
    [OrderState.DRAFT, 1, None, None],
]


def test_a_csv_opens_in_excel_and_holds_no_formula() -> None:
    file = io.BytesIO()
    write_csv(file, ["名称", "n", "when", "flag"], ROWS)
    written = file.getvalue()
    assert written.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""))
    assert head == ["名称", "n", "when", "flag"]
    assert [row[0] for row in rows] == ["'=1+1", "'+8613", "'-x", "'@sum", "'  =1", "06901234500011", "draft"]
    assert [row[1] for row in rows] == ["5", "2.5", "-3", "0", "1", "1", "1"], "a number below nothing stays a number"
    assert [row[2] for row in rows] == ["", "2026-03-02 00:00:00", "2026-03-01", "'\tcmd", ROWS[4][2], "plain", ""]


@pytest.mark.parametrize("parting", [";", "\t", "|", ","])
def test_no_sign_inside_a_text_begins_a_cell_and_numbers_stay_numbers(parting: str) -> None:
    file = io.BytesIO()
    write_csv(file, ["a", "b", "c"], [[f"B1{parting}=HYPERLINK(1)", -3, Decimal(1796400).scaleb(-2)]])
    written = file.getvalue().decode("utf-8-sig")
    assert written.splitlines()[1] == f'"B1{parting}=HYPERLINK(1)",-3,17964.00'


@pytest.mark.parametrize("sign", [*"=+-@", *"＝＋－＠", "﹢", "﹣", "﹫", "﹦"])
@pytest.mark.parametrize("before", ["", " ", "\u3000", "\u00a0", "\ufeff", "\u200b", "\t", "\r", "\n", " \t"])
def test_a_text_that_a_spreadsheet_may_reckon_with_leaves_as_a_text(sign: str, before: str) -> None:
    typed, file, sheet = f"{before}{sign}HYPERLINK(1)", io.BytesIO(), io.BytesIO()
    write_csv(file, [typed], [[typed], [-3], [-2.5]])
    rows = list(csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline="")))
    assert rows == [["'" + typed], ["'" + typed], ["-3"], ["-2.5"]]
    write_xlsx(sheet, [typed], [[typed], [-3]])
    with zipfile.ZipFile(sheet) as book:
        cells = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in cells
    assert cells.count("<is>") == 2
    assert "<v>-3</v>" in cells


@pytest.mark.parametrize("typed", ["2026-03-01", "贵阳=省会", "a@b", "甲+乙", "", " ", "茅台 -3", "５－３"])
def test_a_text_with_a_sign_inside_leaves_as_it_is(typed: str) -> None:
    assert harmless(typed) == typed


def test_a_sheet_has_texts_as_texts_and_no_formula() -> None:
    file = io.BytesIO()
    write_xlsx(file, ["名称", "n", "when", "flag"], ROWS)
    with zipfile.ZipFile(file) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert ">'=1+1<" in sheet
    assert '<c r="A7" t="inlineStr"><is><t>06901234500011</t>' in sheet
    assert "<v>-3</v>" in sheet


def test_a_file_says_states_roles_steps_and_yes_in_its_readers_words() -> None:
    fields: list[Field[None]] = [
        Field("状态", lambda _: OrderState.SUBMITTED, kind="order"),
        Field("角色", lambda _: frozenset({"warehouse", "brand"}), kind="user_role"),
        Field("由来", lambda _: Step.SHIP, kind="step"),
        Field("启用", lambda _: False),
        Field("地点", lambda _: ["成都", "贵阳"]),
        Field("决定", lambda _: None, kind="outcome"),
    ]
    said = [[field.said(None, language) for field in fields] for language in ("zh", "en")]
    assert said[0] == ["待审批", "品牌运营、仓库", "发货", "否", "成都、贵阳", None]
    assert said[1] == ["To approve", "Brand operations, Warehouse", "Shipment", "No", "成都, 贵阳", None]


def test_a_file_with_a_state_without_a_word_is_not_made() -> None:
    field: Field[str] = Field("状态", str, kind="order")
    with pytest.raises(vocabulary.NoWord):
        field.said("forgotten", "en")


@pytest.mark.parametrize("state", [OrderState.SUBMITTED, Step.SHIP])
def test_a_column_that_forgot_its_kind_makes_no_file_of_raw_states(state: OrderState | Step) -> None:
    field: Field[None] = Field("状态", lambda _: state)
    with pytest.raises(vocabulary.NoWord, match="names no kind"):
        field.said(None, "zh")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_file_of_findings_tells_each_contradiction_in_words(language: str) -> None:
    at = datetime(2026, 3, 18, tzinfo=UTC)
    thing = Thing(ThingSort.CASE, "069012340000000017", None, None)
    for kind in Contradiction:
        found = KeptFinding(b"\x01" * 32, kind.value, "unit", None, "6901234000016", {}, at, 0)
        said = [field.said((found, thing, "春城商贸"), language) for field in _FINDING_FIELDS]
        assert said[0] == vocabulary.say("finding", kind, language)
        assert kind.value not in said


def test_a_column_is_called_after_one_of_what_it_lists() -> None:
    field: Field[str] = Field("经销商", str)
    assert (field.heading("zh"), field.heading("en")) == ("经销商", "Dealer")

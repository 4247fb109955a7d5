"""Every refusal has words for people, in Chinese and in English, and they speak of what it is raised with."""

import ast
import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import backend
from backend import errors
from backend.custody.refusals import RoleNotAllowed
from backend.errors import JiulianError
from backend.orders.rules import OrderNotApproved, OrderNotSubmitted
from backend.units.refusals import NotHolder, UnitRecalled
from backend.web import refusal_values, refusal_words, vocabulary
from backend.web.refusal_words import Event, Found, Said

CASE = "https://id.gs1.org/00/069012340000000017"
HOLDER, PARTY = "6901234000047", "6901234000030"
EVIDENCE = "80cb" * 16


def _modules() -> list[ModuleType]:
    names = [each.name for each in pkgutil.walk_packages(backend.__path__, "backend.")]
    return [importlib.import_module(name) for name in names if "__main__" not in name and ".migrations" not in name]


@cache
def _refusals() -> list[type[JiulianError]]:
    _modules()
    found: list[type[JiulianError]] = [JiulianError]
    for each in found:
        found.extend(sub for sub in each.__subclasses__() if sub not in found)
    return sorted((each for each in found if each.__module__.startswith("backend.")), key=lambda each: each.__name__)


def _key(refusal: type[JiulianError], language: str) -> tuple[str, str] | None:
    known = refusal_words.texts(language)
    capability = refusal.__module__.split(".")[1]
    return next((key for key in ((capability, refusal.__name__), ("", refusal.__name__)) if key in known), None)


def _made(call: ast.Call, module: ModuleType) -> object:
    """What a call makes: the class of that name in the module, or in the one it names."""
    match call.func:
        case ast.Name(id=name):
            return getattr(module, name, None)
        case ast.Attribute(value=ast.Name(id=other), attr=name):
            return getattr(getattr(module, other, None), name, None)
    return None


def _raised_with() -> dict[object, list[set[str]]]:
    """Names of the details at every place where a refusal is made; "…" stands for those not written out there."""
    found: dict[object, list[set[str]]] = defaultdict(list)
    for module in _modules():
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text("utf-8"))):
            if isinstance(node, ast.Call):
                found[_made(node, module)].append({each.arg or "…" for each in node.keywords})
    return found


def untold(refusals: Iterable[type[JiulianError]], language: str) -> list[str]:
    """Refusals without a sentence of their own in a language."""
    return [f"{each.__module__}.{each.__name__}" for each in refusals if _key(each, language) is None]


def differing(one: Mapping[tuple[str, str], str], other: Mapping[tuple[str, str], str]) -> list[str]:
    """Sentences that one of two languages lacks, or that speak of other details in the second."""
    lone = [id for _, id in one.keys() ^ other.keys()]
    both = one.keys() & other.keys()
    unlike = [
        key[1]
        for key in both
        if refusal_words.placeholders(one[key]) != refusal_words.placeholders(other[key])
        or refusal_words.needed(one[key]) != refusal_words.needed(other[key])
    ]
    return sorted([*lone, *unlike])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_refusal_has_a_sentence_of_its_own(language: str) -> None:
    missing = untold(_refusals(), language)
    assert not missing, f"backend/web/locale/refusals/{language}.po has no sentence for: {', '.join(missing)}"
    planted = type("RebateTooLarge", (), {"__module__": "backend.rebates.rules"})
    assert untold([*_refusals(), planted], language) == ["backend.rebates.rules.RebateTooLarge"]


def test_no_sentence_is_left_of_a_refusal_that_is_gone() -> None:
    names = {each.__name__ for each in _refusals()}
    sorts = {"step", "state", "standing", "reason", "role", "why", "field", "shape"}
    kinds = {id.partition("/")[0] for context, id in refusal_words.texts("zh") if context not in sorts}
    assert kinds - names == set()


def test_both_languages_say_the_same_with_the_same_details() -> None:
    chinese, english = refusal_words.texts("zh"), refusal_words.texts("en")
    assert differing(chinese, english) == []
    for key in chinese:
        assert not re.search(r"[\u4e00-\u9fff]", english[key]), key


@pytest.mark.parametrize(
    ("key", "planted"),
    [
        (("", "TooManyRows"), "A file holds at most {most} rows."),
        (("", "TooManyRows"), "A file holds at most {most} rows; this list has {count}."),
        (("", "TooManyRows"), "A file holds at most {most} rows[; this list has {rows}]."),
        (("", "RebateTooLarge"), "This rebate is too large."),
    ],
)
def test_a_sentence_that_differs_between_languages_is_found(key: tuple[str, str], planted: str) -> None:
    english = refusal_words.texts("en")
    assert refusal_words.placeholders(english["", "TooManyRows"]) == {"most", "rows"}
    assert differing(refusal_words.texts("zh"), {**english, key: planted}) == [key[1]]


def test_a_sentence_speaks_only_of_details_that_its_refusal_is_raised_with() -> None:
    raised = _raised_with()
    for refusal in _refusals():
        key, ways = _key(refusal, "zh"), raised[refusal]
        if key is None or not ways:
            continue
        sentence = refusal_words.texts("zh")[key]
        unknown = refusal_words.placeholders(sentence) - set().union(*ways)
        assert not unknown or "…" in set().union(*ways), (
            f"{refusal.__name__}: nothing raises it with {', '.join(sorted(unknown))}"
        )
        less = [
            refusal_words.needed(sentence) - way
            for way in ways
            if not (refusal_words.needed(sentence) <= way or "…" in way)
        ]
        assert not less, f"{refusal.__name__} is also raised without {less[0]}"


def test_no_sentence_shows_a_class_or_a_key_of_the_program() -> None:
    names = {each.__name__ for each in _refusals()} - {"Http", "Opened", "Recalled", "Refused", "Gone"}
    for language in ("zh", "en"):
        for key, sentence in refusal_words.texts(language).items():
            text = re.sub(r"\{\w+\}", "", sentence)
            assert "_" not in text, key
            assert not set(re.findall(r"[A-Za-z]+", text)) & names, key


def _tell(error: JiulianError, language: str, found: Found) -> str:
    said = Said.of(error)
    sentence = refusal_words.pick(said, language)
    names = refusal_words.placeholders(sentence)
    return refusal_words.fill(sentence, refusal_values.in_words(names, said.details, found, language))


def test_a_case_that_another_holds_is_told_with_names_groups_and_the_step_that_speaks_against_it() -> None:
    found = Found(
        parties={HOLDER: "成都醇酒业有限公司", PARTY: "云岭西南中心仓"},
        events={EVIDENCE: Event("receive", datetime(2026, 7, 3, 6, 2, tzinfo=UTC), "成都醇酒业有限公司")},
    )
    refused = NotHolder(unit=CASE, holder=HOLDER, party=PARTY, against=EVIDENCE)
    assert _tell(refused, "zh", found) == (
        "箱码 069 012 340 000 000 017 现在归 成都醇酒业有限公司，不归 云岭西南中心仓"
        "（最后一步：成都醇酒业有限公司 2026/7/3 14:02 收货）。要由持有方先发货，您再签收。"
    )
    assert "80cb" not in _tell(refused, "zh", Found())
    assert "（" not in _tell(refused, "zh", Found())
    assert _tell(refused, "en", found).startswith("Case 069 012 340 000 000 017 is with 成都醇酒业有限公司, not with")


def test_what_a_log_in_needs_is_told_by_the_roles_of_log_ins_and_what_a_party_needs_by_those_of_parties() -> None:
    log_in = errors.NotAllowed(needs=["brand", "compliance"])
    assert "需要的角色：品牌运营、合规" in _tell(log_in, "zh", Found())
    assert "brand operations" in _tell(log_in, "en", Found())
    party = RoleNotAllowed(party=PARTY, step="bottle", roles=["dealer"], needs=["brand", "producer"])
    assert "要的是 品牌方、生产方" in _tell(party, "zh", Found())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_sentence_calls_a_state_what_the_vocabulary_calls_it(language: str) -> None:
    for refused, state in ((OrderNotSubmitted(), "submitted"), (OrderNotApproved(), "approved")):
        assert vocabulary.say("order", state, language) in _tell(refused, language, Found())
    left = [key for key, sentence in refusal_words.texts(language).items() if re.search(r"\{\w+:\w+\}", sentence)]
    assert left == []


def test_a_detail_without_words_is_left_out_with_all_that_speaks_of_it() -> None:
    assert _tell(UnitRecalled(unit=CASE, inside=CASE, against=None), "zh", Found()) == (
        "箱码 069 012 340 000 000 017 已被召回：请取出来，或退回生产方。"
    )
    assert _tell(errors.Malformed("is_: strange", field="is_"), "zh", Found()) == "填写的内容有误。请改过再试。"
    assert _tell(errors.Malformed("reason", field="reason", why="missing"), "zh", Found()) == (
        "填写的内容有误：原因，没有填。请改过再试。"
    )


def test_a_refusal_without_the_details_of_its_sentence_is_told_as_its_family_is() -> None:
    assert _tell(NotHolder(), "zh", Found()) == "现在的情况不允许这一步。"


def test_only_what_no_later_state_of_the_trade_lifts_is_final() -> None:
    final = {each.__name__ for each in _refusals() if each.__name__ != "Http" and each().final}
    assert {"Gone", "OrderCancelled", "WronglySigned", "OtherBatch", "Malformed"} <= final
    assert not final & {"NotHolder", "UnknownDevice", "PartyNotActive", "UnknownConsignment", "FromTheFuture"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_kind_of_refusal_is_told_without_its_details(language: str) -> None:
    kinds = {each.__name__ for each in _refusals()} & {id for _, id in refusal_words.texts(language)}
    assert len(kinds) > 50
    for kind in kinds:
        told = refusal_words.kind_in_words(kind, language)
        assert told is not None
        assert kind not in told
        assert not re.search(r"[{}\[\]]", told), kind
    assert refusal_words.kind_in_words("OfAnotherRelease", language) is None


def test_refused_captures_are_counted_under_what_they_were_refused_for() -> None:
    assert refusal_words.kind_in_words("NotHolder", "zh") == "… 现在归 …，不归 …"

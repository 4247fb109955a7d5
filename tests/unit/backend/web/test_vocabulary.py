"""Every state and step has one word in every language, whoever shows it; and every room takes it from one place."""

import importlib
import inspect
import json
import pkgutil
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, IntEnum, StrEnum
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args, get_origin

import pytest
from babel.messages.pofile import read_po

import backend
import ledger_indexer
import scanner
from backend.capabilities import CAPABILITIES
from backend.identity import rules as identity
from backend.identity import rules_sanctions
from backend.orders import rules as orders
from backend.reconciliation.rules import PARTS, PLACES
from backend.verification.schemas import SEALS
from backend.web import i18n, vocabulary
from backend.web.lists import ListQuery

ABI = Path(ledger_indexer.__file__).parent / "bindings" / "abi"
LIBRARY = re.compile("AccessManage|InvalidShortString|StringTooLong|SafeCast")
NOT_SHOWN = {
    "backend.anchoring.rules.EvidenceKind": "whether evidence goes to the contract by itself or under a head",
    "backend.anchoring.rules.IntentKind": "what a transaction of ours carries; its state is what pages show",
    "scanner.labels.qr.Level": "how much of a QR code may be lost; a setting of the printer's",
    "scanner.codes.scanned.Fault": "told in sentences of the scanning app",
    "backend.operations.rules.Trouble": "told in sentences of its own, with its numbers (backend/operations/words.py)",
    "backend.identity.rules_keys.ChangeKind": "a change of keys; its page tells what became of each key instead",
    "backend.capture.rules_standing.Whose": "a party's part in a step, asked for and never shown",
    "backend.verification.rules.ScanSource": "how the place of a scan is known; the risk engine's alone",
    "backend.warehouse.rules.DeviceStanding": "told by the app in words of `device` (test_states_compared.py)",
    "backend.identity.rules.SilencedBy": "who stopped a device; told in a sentence",
    "backend.capability.Group": "a floor of the house, for the import contracts",
    "backend.custody.rules.How": "which balance of a consignment grows; shown as `order_entry` has it",
    "backend.anchoring.rules.Delivery": "what a node said of one sending; the intent's state is what pages show",
    "backend.integrations.kinds.Kind": "what a line of a till means, for the import alone",
    "backend.integrations.kinds._Part": "a part of a till's word for a kind",
    "backend.settings.rooms.Log.format": "a setting of whoever runs the house",
    "backend.stock.schemas.Source": "how programs counted; kept, and shown nowhere",
    "backend.units.told.Whereabouts": "where a teller has a thing; pages show the finding",
    "backend.warehouse.schemas.DeviceState.way": "a device that came by no way; the others are a device's ways",
    "backend.warehouse.schemas_out.DeviceOut.way": "the same, as programs get it",
    "backend.operations.schemas.StateOut.state": "what a probe of the host asks",
    "scanner.device.client.Verdict": "what the outbox does next; its state is what the app shows",
    "scanner.device.event_values.Packing.action": "EPCIS's own word; shown as a step",
}
"""Enums of the product that no page shows, and why."""
KIND_OF = {
    "backend.capture.rules.EvidenceState": "evidence",
    "backend.anchoring.rules.IntentState": "transaction",
    "backend.cases.rules.Due": "due",
    "backend.cases.rules.FileState": "file",
    "backend.cases.rules.Outcome": "outcome",
    "backend.cases.rules.Reason": "decision_reason",
    "backend.custody.rules.BatchKind": "batch",
    "backend.custody.schemas.FindingOut.kind": "finding",
    "backend.custody.rules.Place": "place",
    "backend.identity.rules.DeviceWay": "device_way",
    "backend.identity.rules.Standing": "standing",
    "backend.identity.rules_keys.KeyStanding": "device",
    "backend.identity.rules_sanctions.SanctionState": "sanction_state",
    "backend.identity.rules.PartyRole": "party_role",
    "backend.identity.rules.UserRole": "user_role",
    "backend.operations.rules.Health": "health",
    "backend.operations.rules.JobState": "job_state",
    "backend.orders.timeline.HappeningKind": "order_entry",
    "backend.orders.rules.Arrived": "order_entry",
    "backend.orders.rules.OrderState": "order",
    "backend.orders.rules.OrderVerb": "order_verb",
    "backend.reconciliation.rules.Answer": "answer",
    "backend.risk.alert_forms.TermName": "term",
    "backend.risk.rules.AlertKind": "alert",
    "backend.units.foreign.ThingSort": "thing",
    "backend.units.rules.Kind": "step",
    "backend.units.rules.State": "unit",
    "backend.units.told.Contradiction": "finding",
    "backend.verification.rules.VerdictKind": "consumer_verdict",
    "backend.verification.rules.VerdictReason": "consumer_reason",
    "scanner.device.event_values.Step": "step",
    "scanner.device.outbox.State": "outbox",
}
"""The kind of the vocabulary that has the words of each enum."""


def _modules() -> Iterator[ModuleType]:
    for package in (backend, scanner):
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "__main__" not in each.name and ".migrations" not in each.name:
                yield importlib.import_module(each.name)


def _named_in(module: ModuleType) -> Iterator[tuple[str, set[str]]]:
    """States that a module names: enums of any kind and literals of its own, also those of a field alone."""
    source = Path(str(module.__file__)).read_text("utf-8")
    for name, value in vars(module).items():
        if isinstance(value, type) and value.__module__ == module.__name__:
            yield from _named_by(value, f"{module.__name__}.{name}")
        elif re.search(rf"^{name}(?:: TypeAlias)? = Literal\[", source, re.MULTILINE):
            yield f"{module.__name__}.{name}", set(map(str, *_choices(value)))


def _named_by(value: type, name: str) -> Iterator[tuple[str, set[str]]]:
    """An enum's members, or the literals that a class's own fields have in them and nobody gave a name."""
    if issubclass(value, Enum):
        yield name, {_member_of(each) for each in value}
        return
    ours = {"sort", "format"} if issubclass(value, ListQuery) else set()
    for field, annotation in inspect.get_annotations(value, eval_str=True).items():
        for choice in _choices(annotation) if field not in ours else ():
            yield f"{name}.{field}", set(map(str, choice))
    for inner in vars(value).values():
        if isinstance(inner, type) and inner.__qualname__ == f"{value.__qualname__}.{inner.__name__}":
            yield from _named_by(inner, f"{name}.{inner.__name__}")


def _member_of(each: Enum) -> str:
    return vocabulary.member_of(each) if isinstance(each, StrEnum | IntEnum) else each.name.lower()


def _choices(annotation: object) -> Iterator[tuple[object, ...]]:
    """The values of each literal within a type."""
    if get_origin(annotation) is Literal:
        yield get_args(annotation)
    else:
        for each in get_args(annotation):
            yield from _choices(each)


def _states() -> dict[str, set[str]]:
    """All of the product, fields too unless their choices have a name somewhere, which is told instead."""
    found = {name: members for module in _modules() for name, members in _named_in(module)}
    fields = {name for name in found if name.rpartition(".")[2].islower()}
    named = [members for name, members in found.items() if name not in fields]
    return {name: members for name, members in found.items() if name not in fields or members not in named}


STATES = _states()


def wordless(name: str, members: set[str]) -> set[str]:
    """Members of an enum that lack a word, all of them where nobody said which kind has its words."""
    return members - vocabulary.KINDS.get(KIND_OF.get(name, ""), {}).keys()


def test_there_are_states_to_name() -> None:
    assert KIND_OF.keys() | NOT_SHOWN.keys() <= STATES.keys()
    assert not KIND_OF.keys() & NOT_SHOWN.keys()


@pytest.mark.parametrize("name", sorted(STATES.keys() - NOT_SHOWN.keys()))
def test_every_state_of_an_enum_has_a_word(name: str) -> None:
    assert not wordless(name, STATES[name]), f"{name}: give these a word in backend/web/vocabulary.py"


def test_a_member_without_a_word_is_found_and_an_enum_that_nobody_gave_words() -> None:
    evidence = {"captured", "bundled", "anchored", "final", "refused"}
    assert wordless("backend.capture.rules.EvidenceState", {*evidence, "forgotten"}) == {"forgotten"}
    assert wordless("backend.rebates.rules.RebateState", {"final"}) == {"final"}


@pytest.mark.parametrize(
    ("planted", "name"),
    [
        ("from enum import Enum\nclass State(Enum):\n    OPEN = 1", "State"),
        ("from enum import Enum\nclass Rebate:\n    class State(str, Enum):\n        OPEN = 'open'", "Rebate.State"),
        ("from typing import Literal\nclass Rebate:\n    state: Literal['open'] | None = None", "Rebate.state"),
        ("from typing import Literal\nclass Rebate:\n    states: list[Literal['open']]", "Rebate.states"),
        ("from typing import Literal\nState = Literal['open']", "State"),
        ("from typing import Literal, TypeAlias\nState: TypeAlias = Literal['open']", "State"),
    ],
)
def test_a_state_is_found_however_it_is_written(planted: str, name: str, tmp_path: Path) -> None:
    module = ModuleType("planted")
    module.__file__ = str(tmp_path / "planted.py")
    (tmp_path / "planted.py").write_text(planted, encoding="utf-8")
    exec(compile(planted, "planted", "exec"), vars(module))
    assert dict(_named_in(module)) == {f"planted.{name}": {"open"}}


def test_every_job_that_a_capability_announces_is_called_something_and_nothing_else_is() -> None:
    assert {job.name for each in CAPABILITIES for job in each.jobs} == vocabulary.KINDS["job"].keys()


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("order", orders.STATES),
        ("standing", rules_sanctions.STANDINGS),
        ("sanction", rules_sanctions.STANDINGS),
        ("sanction_state", (*rules_sanctions.OPEN, "in_force", "withdrawn")),
        ("party_role", identity.PARTY_ROLES),
        ("user_role", identity.USER_ROLES),
        ("consumer_verdict", SEALS),
        ("difference", (*PLACES, *PARTS)),
    ],
)
def test_every_state_that_a_room_lists_has_a_word(kind: str, members: Any) -> None:
    assert {str(each) for each in members} <= vocabulary.KINDS[kind].keys()


def test_every_refusal_of_the_contracts_that_hold_captures_has_a_word() -> None:
    """Those of libraries within them are left out: they tell of our own faults, never of a capture."""
    errors = {
        each["name"]
        for name in ("BatchLedger", "Participants")
        for each in json.loads((ABI / f"{name}.json").read_text("utf-8"))["abi"]
        if each["type"] == "error"
    }
    assert len(errors) > 30
    assert {each for each in errors if not LIBRARY.match(each)} <= vocabulary.KINDS["contract"].keys()


def test_a_state_without_a_word_is_no_blank_on_a_page() -> None:
    with pytest.raises(vocabulary.NoWord, match="order: forgotten"):
        vocabulary.say("order", "forgotten", "zh")


def shared(members: Mapping[str, vocabulary.Word], translate: Callable[[str], str]) -> list[str]:
    """Words that several states of one kind share in a language."""
    said = Counter(translate(word.text) for word in members.values())
    return [word for word, times in said.items() if times > 1]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("kind", vocabulary.KINDS)
def test_no_two_states_of_a_kind_share_a_word(kind: str, language: str) -> None:
    assert shared(vocabulary.KINDS[kind], lambda text: i18n.catalogue(language).pgettext(kind, text)) == []


@pytest.mark.parametrize("language", [each for each in i18n.LANGUAGES if each != "zh"])
def test_every_word_is_translated_and_no_translation_is_left_over(language: str) -> None:
    path = Path(i18n.__file__).parent / "locale" / language / "vocabulary.po"
    with path.open("rb") as file:
        translated = {(str(each.context), str(each.id)) for each in read_po(file) if each.id and each.string}
    words = {(kind, word.text) for kind, members in vocabulary.KINDS.items() for word in members.values()}
    assert translated == words
    for kind, members in vocabulary.KINDS.items():
        for member in members:
            assert not re.search(r"[\u4e00-\u9fff]", vocabulary.say(kind, member, language)), (kind, member)


def test_every_tone_is_one_that_chips_have() -> None:
    assert {word.tone for members in vocabulary.KINDS.values() for word in members.values()} <= set(vocabulary.TONES)


SAME = [
    ("evidence.captured", "answer.taken"),
    ("evidence.anchored", "answer.recorded"),
    ("unit.in_transit", "stock.on_the_way"),
    ("step.consume", "place.consumed"),
    ("step.return", "order_entry.returned"),
    ("step.ship", "order.dispatched"),
    ("step.receive", "order.received"),
]
"""Concepts of two names in code, since a field of its own tells each of its sides."""
OF_ITS_OWN = {
    "transaction.anchored": "a transaction is in a block; what it carries is then on chain",
    "transaction.lost": "a transaction that no node has any more; goods are not meant",
    "order_entry.lost": "goods of an order, lost on their way; an entry, where others are balances",
    "order_entry.submitted": "an entry tells that it was done, the state what is to be done next",
    "sanction.active": "what is done to a party; its standing is what comes of it",
    "sanction.suspended": "what is done to a party",
    "account.active": "a log-in, which is on or off",
    "account.stopped": "a log-in, which is on or off",
    "device.active": "a device's key on chain",
    "device.revoked": "a device's key on chain; a party is disqualified, a key is out of use",
    "device.stopped": "a device's key that never came into force",
    "sanction_state.confirmed": "confirmed by the second person",
    "outcome.confirmed": "an alert that is filed",
    "outbox.refused": "by the service; evidence is refused by the contract",
    "outbox.waiting": "on the device",
    "job_state.waiting": "a job of the worker",
    "device_change.standing": "a change that somebody tried",
    "difference.standing": "a field of the books",
    "term.sold": "what a score is the sum of",
    "thing.bottle": "the code of one bottle; the step fills it",
    "app_step.return": "what its user says, in his words; the record is a return",
    "app_stamp.ship": "one character on a stamp",
    "app_stamp.receive": "one character on a stamp",
    "device.other": "of another company; a thing that is of no known sort is another matter",
    "measure.bottles": "a unit of measure",
    "user_role.brand": "what a person may do; the company is another",
}
"""Words that other kinds have for members of the same name, and why they may: not the same thing."""
SIDES = str.maketrans("", "", "已中")
"""What marks a word as done or under way: 已售出 and 售出 are one."""


def several_words(kinds: Mapping[str, Mapping[str, vocabulary.Word]]) -> list[str]:
    """Members of one name that two kinds call differently, and pairs of `SAME` that are called differently."""
    groups: dict[str, list[str]] = defaultdict(list)
    for kind, members in kinds.items():
        for member in members:
            groups[member].append(f"{kind}.{member}")
    pairs = [(one, other) for names in groups.values() for one, other in combinations(names, 2)]

    def text(name: str) -> str:
        kind, _, member = name.partition(".")
        return kinds[kind][member].text.translate(SIDES)

    kept = [pair for pair in [*pairs, *SAME] if not OF_ITS_OWN.keys() & set(pair)]
    return [f"{one} {text(one)}, {other} {text(other)}" for one, other in kept if text(one) != text(other)]


def test_what_is_the_same_in_two_rooms_is_called_the_same() -> None:
    assert several_words(vocabulary.DESK) == []


def test_no_reason_is_left_for_what_is_called_the_same_or_is_gone() -> None:
    kinds = {name: name.partition(".") for name in OF_ITS_OWN}
    assert [name for name, (kind, _, member) in kinds.items() if member not in vocabulary.DESK[kind]] == []
    without = [
        name
        for name, (_, _, member) in kinds.items()
        if len({words[member].text.translate(SIDES) for words in vocabulary.DESK.values() if member in words}) == 1
    ]
    assert without == []


def test_one_concept_with_two_words_is_found() -> None:
    planted = {**vocabulary.DESK, "rebate": {"sold": vocabulary.Word("卖掉了")}}
    assert {each.partition(",")[0] for each in several_words(planted)} >= {"unit.sold 售出"}
    evidence = {**vocabulary.DESK["evidence"], "captured": vocabulary.Word("已打包")}
    assert several_words({**vocabulary.DESK, "evidence": evidence}) == ["evidence.captured 打包, answer.taken 采集"]


def test_one_word_for_two_states_of_a_field_is_found() -> None:
    words = vocabulary.DESK["evidence"]
    assert shared(words, str) == []
    assert shared({**words, "bundled": words["captured"]}, str) == ["已采集"]

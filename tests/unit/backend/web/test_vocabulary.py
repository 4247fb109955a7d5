"""Every state and step has one word in every language, whoever shows it; and every room takes it from one place."""

import importlib
import json
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from enum import IntEnum, StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args, get_origin

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

import backend
import ledger_indexer
import scanner
from backend.cases import rules as cases
from backend.identity import rules as identity
from backend.identity import rules_sanctions
from backend.orders import rules as orders
from backend.web import i18n, vocabulary

TEMPLATES = Path(backend.__file__).parent / "web" / "templates"
PWA = Path(scanner.__file__).parent / "pwa"
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
}
"""Enums of the product that no page shows, and why."""
STATE_NAMES = re.compile(r"(state|standing|step|status|role|outcome|way|stage)", re.IGNORECASE)


def _modules() -> Iterator[ModuleType]:
    for package in (backend, scanner):
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "__main__" not in each.name and ".migrations" not in each.name:
                yield importlib.import_module(each.name)


def _named_in(module: ModuleType) -> Iterator[tuple[str, set[str]]]:
    """States that a module names: enums of its own, and literals that are called as states are."""
    for name, value in vars(module).items():
        if isinstance(value, type) and issubclass(value, StrEnum | IntEnum) and value.__module__ == module.__name__:
            yield f"{module.__name__}.{name}", {vocabulary.member_of(each) for each in value}
        elif get_origin(value) is Literal and STATE_NAMES.search(name):
            yield f"{module.__name__}.{name}", {str(each) for each in get_args(value)}


STATES = {name: members for module in _modules() for name, members in _named_in(module)}


def wordless(members: set[str]) -> set[str]:
    """Members that lack a word in the kind that knows most of them."""
    return min((members - words.keys() for words in vocabulary.KINDS.values()), key=len)


def test_there_are_states_to_name() -> None:
    assert {"backend.units.rules.State", "scanner.device.event_values.Step", "backend.identity.rules.Standing"} <= set(
        STATES
    )


@pytest.mark.parametrize("name", sorted(STATES.keys() - NOT_SHOWN.keys()))
def test_every_state_of_an_enum_has_a_word(name: str) -> None:
    assert not wordless(STATES[name]), f"{name}: give these a word in backend/web/vocabulary.py"


def test_a_member_without_a_word_is_found() -> None:
    assert wordless({"captured", "bundled", "anchored", "final", "refused", "forgotten"}) == {"forgotten"}


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("order", orders.STATES),
        ("standing", rules_sanctions.STANDINGS),
        ("sanction", rules_sanctions.STANDINGS),
        ("sanction_state", (*rules_sanctions.OPEN, "in_force", "withdrawn")),
        ("party_role", identity.PARTY_ROLES),
        ("user_role", identity.USER_ROLES),
        ("outcome", cases.STATES),
        ("file", set(cases.STATES.values())),
        ("decision_reason", {each for some in cases.REASONS.values() for each in some}),
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


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("kind", vocabulary.KINDS)
def test_no_two_states_of_a_kind_share_a_word(kind: str, language: str) -> None:
    said = Counter(vocabulary.say(kind, member, language) for member in vocabulary.KINDS[kind])
    assert [word for word, times in said.items() if times > 1] == []


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


def test_what_is_the_same_in_two_kinds_is_called_the_same() -> None:
    """A capture's states as the chain, the books and an order tell them; a device's, on its page and in the app."""
    for one, other in (("evidence.captured", "answer.taken"), ("evidence.anchored", "answer.recorded")):
        words = [vocabulary.say(*each.split("."), language="zh") for each in (one, other)]
        assert words[0] == words[1]
    block = (PWA / "standing.js").read_text("utf-8").partition("const words = {")[2].partition("};")[0]
    app = dict(re.findall(r'(\w+): t\("([^"]+)"\)', block))
    assert app.pop("enrolled") == vocabulary.say("device", "active", "zh")
    assert app == {state: vocabulary.say("device", state, "zh") for state in app}


def _templates() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*.html") if path.parent.name != "kit")


def _is_text(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in ("_", "pgettext")


def _text_of(node: nodes.Node) -> object:
    """The text that `_` or `pgettext` translates: its last argument, behind the context that the second has."""
    last = node.args[-1] if isinstance(node, nodes.Call) and node.args else None
    return last.value if isinstance(last, nodes.Const) else None


def own_words(source: str) -> list[str]:
    """What a template calls states by itself: a dictionary from states to texts or tones, or a chip that it words or
    draws without the kit."""
    tree = Environment(extensions=["jinja2.ext.i18n"]).parse(source)
    known = [set(members) for members in vocabulary.KINDS.values()]
    found = []
    for each in tree.find_all(nodes.Dict):
        keys = {item.key.value for item in each.items if isinstance(item.key, nodes.Const)}
        texts = [item.value for item in each.items if _is_text(item.value) or isinstance(item.value, nodes.Const)]
        if len(texts) > 1 and any(len(keys & members) > 1 for members in known):
            found.append(f"a dictionary of {', '.join(sorted(keys))}")
    words = {
        word.text
        for kind in ("evidence", "order", "standing", "sanction_state", "device", "word", "unit")
        for word in vocabulary.KINDS[kind].values()
    }
    for call in tree.find_all(nodes.Call):
        first = call.args[0] if call.args else None
        if isinstance(call.node, nodes.Name) and call.node.name == "chip" and first is not None and _is_text(first):
            text = _text_of(first)
            if text in words:
                found.append(f"a chip that says {text}")
    return found + (["a chip of its own"] if re.search(r'class="chip\b', source) else [])


@pytest.mark.parametrize("path", _templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_room_names_states_by_words_of_its_own(path: Path) -> None:
    assert own_words(path.read_text("utf-8")) == [], "say(kind, state) and kit/states.html have words for states"


@pytest.mark.parametrize(
    "planted",
    [
        "{% set names = {'draft': _('草稿'), 'submitted': _('待批'), 'approved': _('同意')} %}",
        "{{ {'captured': 'dim', 'final': 'good'}.get(state) }}",
        "<span class=\"chip good\">{{ _('好') }}</span>",
        "{{ chip(_('已上链'), 'good') }}",
    ],
)
def test_words_of_its_own_are_found(planted: str) -> None:
    assert own_words(planted)


def test_a_dictionary_that_names_no_states_is_none() -> None:
    assert own_words("{{ {'weeks': 8, 'seen': 2} }} {{ {'short': _('太短'), 'long': _('太长')}[problem] }}") == []

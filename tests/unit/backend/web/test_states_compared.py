"""Whatever a page or a script compares with a state is a state that there is; and the app has no words of its own."""

import re
from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from pathlib import Path

import pytest

import backend
import scanner
from backend.capture.rules import EvidenceState
from backend.cases.rules import Due, FileState, Outcome
from backend.custody.rules import BatchKind
from backend.identity.rules import DeviceWay, Standing
from backend.identity.rules_keys import ChangeKind, KeyStanding
from backend.identity.rules_sanctions import SanctionState
from backend.orders.rules import OrderState, OrderVerb
from backend.reconciliation.rules import Answer
from backend.risk.alert_forms import TermName
from backend.risk.rules import AlertKind
from backend.units.foreign import ThingSort
from backend.verification import openings
from backend.verification.rules import VerdictKind
from backend.warehouse.pages import _words
from backend.warehouse.rules import DeviceStanding
from backend.web import i18n, vocabulary
from scanner.device.event_values import Step
from scanner.device.outbox import State as OutboxState
from tests.kit.template_states import asked_for, compared

TEMPLATES = Path(backend.__file__).parent / "web" / "templates"
SCRIPTS = Path(backend.__file__).parent / "web" / "static" / "js"
APP = Path(scanner.__file__).parent / "pwa"

STEPS = {step.name for step in Step}
STEP_WORDS = vocabulary.KINDS["step"].keys()
STATES: Mapping[str, Collection[object]] = {
    "action.verb": OrderVerb,
    "alert.kind": AlertKind,
    "row.alert.kind": AlertKind,
    "buyer.standing": Standing,
    "notice.party.standing": Standing,
    "notice.waiting.state": SanctionState,
    "waiting.state": SanctionState,
    "due": Due,
    "each.movement.step.name": STEPS,
    "said.step.name": STEPS,
    "hand.step": STEP_WORDS,
    "stop.kind": STEP_WORDS,
    "each.state": KeyStanding,
    "each.way": DeviceWay,
    "may_invite": ChangeKind,
    "kind": BatchKind,
    "side.value": Answer,
    "state": EvidenceState,
    "screen.tab": FileState,
    "tab": FileState,
    "cases/queue.html for name": FileState,
    "cases/decide.html for name": Outcome,
    "cases/decide.html name": Outcome,
    "cases/words.html name": TermName,
    "orders/order.html for name": OrderState,
    "thing.sort": ThingSort,
    "top.terms[].name": TermName,
    "problem.kind": {name for name in vars(openings) if name[0].isupper()},
}
"""What each expression that templates compare with literals is a state of."""
NO_STATES = {
    "back", "request.url.path",  # addresses
    "language", "type", "value", "key", "d.what", "side.kind",  # how something is drawn
    "field", "wrong", "kit/lists.html name",  # fields of forms
    "sort",  # orders of a list
}  # fmt: skip
"""Expressions that are no states."""

IN_SCRIPTS: Mapping[str, Collection[object]] = {
    "main.dataset.verdict": VerdictKind,
    "page.verdict": VerdictKind,
    "fields.step": STEP_WORDS,
    "step": STEP_WORDS,
    "about.kind": vocabulary.KINDS["app_step"].keys(),
    "each.about.kind": vocabulary.KINDS["app_step"].keys(),
    "job.kind": vocabulary.KINDS["app_step"].keys(),
    "context.job.kind": vocabulary.KINDS["app_step"].keys(),
    "each.kind": vocabulary.KINDS["app_step"].keys(),
    "record.state": OutboxState,
    "?.state": DeviceStanding,
    "standing": {*DeviceStanding, "asking", "unclear"},
    "stood": {*DeviceStanding, "asking", "unclear"},
    "way": DeviceWay,
    "selfcheck.js each.state": EvidenceState,
    "consumer_node.js state": EvidenceState,
    "each.state": OutboxState,
    "state": {"passed", "doubt", "pending"},
    "outcome.state": {"passed", "doubt", "pending"},
}
"""What each expression that scripts compare with literals is a state of; `passed` and so on are the check's own."""
NO_STATES_IN_SCRIPTS = {
    "kind",
    "code.kind",
    "code?.kind",
    "verdict",
    "each.verdict",
    "answer.verdict",
    "said.verdict",
    "said.state",
}
"""Kinds of codes and charts, and what the scanner's own judgement of a code or an answer is."""
COMPARISON = re.compile(r"""([\w.?]*\b(?:state|verdict|standing|stood|step|way|kind))\s*[!=]==\s*["'](\w+)["']""")


def _values(members: Collection[object]) -> set[str]:
    return {str(each.value) if isinstance(each, Enum) else str(each) for each in members}


def strangers(
    file: str, pairs: Iterator[tuple[str, str]], known: Mapping[str, Collection[object]], others: set[str]
) -> list[str]:
    """Comparisons with what is no member of the expression's enum, and expressions that nobody said the enum of."""
    found = []
    for expression, literal in pairs:
        own = f"{file} {expression}"
        if own in others or (expression in others and own not in known):
            continue
        members = known.get(own, known.get(expression))
        if members is None:
            found.append(f"{expression} == {literal}: say in this test of what it is a state")
        elif literal not in _values(members):
            found.append(f"{expression} is never {literal}")
    return found


def _named(root: Path, *patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in root.rglob(pattern))


@pytest.mark.parametrize(
    "path", _named(TEMPLATES, "*.html", "*.svg"), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_what_a_template_compares_with_a_state_is_one(path: Path) -> None:
    name, source = path.relative_to(TEMPLATES).as_posix(), path.read_text("utf-8")
    assert strangers(name, compared(source), STATES, NO_STATES) == []
    assert [pair for pair in asked_for(source) if pair[1] not in vocabulary.KINDS.get(pair[0], {})] == []


@pytest.mark.parametrize("path", _named(SCRIPTS, "*.js") + _named(APP, "*.js"), ids=lambda path: path.name)
def test_what_a_script_compares_with_a_state_is_one(path: Path) -> None:
    pairs = ((match[1], match[2]) for match in COMPARISON.finditer(path.read_text("utf-8")))
    assert strangers(path.name, pairs, IN_SCRIPTS, NO_STATES_IN_SCRIPTS) == []


@pytest.mark.parametrize(
    "planted",
    [
        "{% if screen.tab == 'reviewing' %}{% endif %}",
        "{% if screen.tab != 'review' and tab in ('watching', 'over') %}{% endif %}",
        "{{ 'x' if action.verb == 'cancel' else 'y' }}",
        "{{ top.terms | selectattr('name', 'equalto', 'flows') | first }}",
        "{% if order.condition == 'draft' %}{% endif %}",
        "{% for name in ('draft', 'sent') %}{% endfor %}",
    ],
)
def test_a_comparison_with_what_is_no_state_is_found(planted: str) -> None:
    assert strangers("planted.html", compared(planted), STATES, NO_STATES)


@pytest.mark.parametrize(
    "planted", ["{{ say('order', 'open') }}", "{{ state_chip('account', 'active' if x else 'gone') }}"]
)
def test_a_word_for_what_is_no_state_is_found(planted: str) -> None:
    assert [pair for pair in asked_for(planted) if pair[1] not in vocabulary.KINDS.get(pair[0], {})]


SHOWN_BY_THE_APP = {
    "device": ({*DeviceStanding, "asking", "unclear", "active"} - {DeviceStanding.ENROLLED}),
    "outbox": set(OutboxState),
    "app_step": {"ship", "receive", "return"},
    "app_stamp": {"ship", "receive"},
}
"""States that the warehouse app shows, by kind; it tells a device that it is enrolled where desks say active."""


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("kind", SHOWN_BY_THE_APP)
def test_the_app_is_brought_the_vocabularys_word_for_each_state_that_it_shows(kind: str, language: str) -> None:
    brought = {key: text for key, text in _words(language).items() if key.startswith(f"{kind}.")}
    assert brought == {f"{kind}.{state}": vocabulary.say(kind, state, language) for state in vocabulary.KINDS[kind]}
    assert {f"{kind}.{state}" for state in _values(SHOWN_BY_THE_APP[kind])} == brought.keys()


def own_words(script: str) -> set[str]:
    """Texts of a script of the app that are words of states and come from nowhere but itself."""
    words = {word.text for kind in SHOWN_BY_THE_APP for word in vocabulary.KINDS[kind].values()}
    return set(re.findall(r'\bt\("([^"]+)"', script)) & words


ACTS = {"没有收到"}
"""What a button does, called as its record is."""


@pytest.mark.parametrize("path", _named(APP, "*.js"), ids=lambda path: path.name)
def test_no_script_of_the_app_has_words_of_its_own_for_states(path: Path) -> None:
    source = path.read_text("utf-8")
    assert own_words(source) - ACTS == set(), "word(kind, state) of words.js has the words of states"
    assert set(re.findall(r'\bword\("(\w+)"', source)) <= SHOWN_BY_THE_APP.keys()


@pytest.mark.parametrize("planted", ['t("已登记")', 'x ? t("发货") : t("收货")', '{ waiting: t("等待发送") }'])
def test_words_of_the_apps_own_are_found(planted: str) -> None:
    assert own_words(planted)

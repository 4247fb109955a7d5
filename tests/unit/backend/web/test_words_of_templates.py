"""No template has words of its own for a state: chips are the kit's, their words the vocabulary's."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

import backend
from backend.web import vocabulary

TEMPLATES = Path(backend.__file__).parent / "web" / "templates"
CHIPS = frozenset(
    ("不在期限内", "%(who)s 在看", "决定之后有新证据", "有新证据", "至 %(day)s", "%(n)s 小时", "%(n)s 天")
)
"""Texts that chips may have beside states': what they tell is counted, dated or of a person, and no state."""
BESIDE_STATES = frozenset(("约", "阻止", "确定阻止"))
"""Short texts that stand where a state is, and do not name it: what may be done then, and a word of a sentence."""
SHORT = 8
_CJK = re.compile(r"[\u4e00-\u9fff]")
_CHIP = re.compile(r"""class\s*=\s*(?:"[^"]*|'[^']*|)\bchip(?![\w-])""")


def _templates() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*.html") if path.parent.name != "kit")


def _is_text(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in ("_", "pgettext")


def _text_of(node: nodes.Node) -> object:
    """The text that `_` or `pgettext` translates: its last argument, behind the context that the second has."""
    last = node.args[-1] if isinstance(node, nodes.Call) and node.args else None
    return last.value if isinstance(last, nodes.Const) else None


def own_words(source: str) -> list[str]:
    """What a template calls states by itself: a dictionary from states to texts or tones, a text for a state that it
    asked for, or a chip that it words or draws without the kit."""
    tree = Environment(extensions=["jinja2.ext.i18n"]).parse(source)
    found = [*_dictionaries(tree), *_asked(tree), *_chips(tree)]
    return found + (["a chip of its own"] if _CHIP.search(source) else [])


def _dictionaries(tree: nodes.Template) -> Iterator[str]:
    known = [set(members) for members in vocabulary.KINDS.values()]
    for each in tree.find_all(nodes.Dict):
        keys = {item.key.value for item in each.items if isinstance(item.key, nodes.Const)}
        texts = [item.value for item in each.items if _is_text(item.value) or isinstance(item.value, nodes.Const)]
        if len(texts) > 1 and any(len(keys & members) > 1 for members in known):
            yield f"a dictionary of {', '.join(sorted(keys))}"


def _asked(tree: nodes.Template) -> Iterator[str]:
    """Short texts, and nothing more, where something is a state."""
    members = {member for kind in vocabulary.KINDS.values() for member in kind}
    for each in tree.find_all((nodes.If, nodes.CondExpr)):
        compared = [each.test] if isinstance(each.test, nodes.Compare) else [*each.test.find_all(nodes.Compare)]
        states = {const.value for one in compared for const in one.find_all(nodes.Const)} & members
        shown = [each.expr1] if isinstance(each, nodes.CondExpr) else _shown(each.body)
        text = _text_of(shown[0]) if len(shown) == 1 and _is_text(shown[0]) else None
        if states and isinstance(text, str) and len(text) <= SHORT and "%" not in text and text not in BESIDE_STATES:
            yield f"{text} for {', '.join(sorted(states))}"


def _shown(body: list[nodes.Node]) -> list[nodes.Node]:
    parts = [part for each in body for part in (each.nodes if isinstance(each, nodes.Output) else [each])]
    return [each for each in parts if not (isinstance(each, nodes.TemplateData) and not _CJK.search(each.data))]


def _chips(tree: nodes.Template) -> Iterator[str]:
    """Chips by the kit's bare macro with a text that is not among those which may be; or by another name."""
    for each in tree.find_all(nodes.FromImport):
        yield from (f"a chip called {name[1]}" for name in each.names if isinstance(name, tuple) and name[0] == "chip")
    for call in tree.find_all(nodes.Call):
        called = call.node.name if isinstance(call.node, nodes.Name) else getattr(call.node, "attr", None)
        if called == "chip" and not _may_be_said(call.args[0] if call.args else None):
            yield f"a chip that says {_text_of(call.args[0]) if call.args else None}"


def _may_be_said(said: nodes.Node | None) -> bool:
    """A number, or texts that chips may have, alone or put together."""
    if said is None or (isinstance(said, nodes.Filter) and said.name == "number"):
        return said is not None
    parts = [said, *said.find_all((nodes.Call, nodes.Const))]
    texts = {str(_text_of(each)) for each in parts if _is_text(each)}
    own = {each.value for each in parts if isinstance(each, nodes.Const) and _CJK.search(str(each.value))}
    return bool(texts) and texts | own <= CHIPS


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
        "{{ chip(_('链上完成'), 'good') }}",
        "{{ states.chip(_('链上完成'), 'good') }}",
        "{% set done = _('链上完成') %}{{ chip(done, 'good') }}",
        "{{ chip('完成', 'good') }}",
        "{{ chip(_('有新证据') ~ '完成') }}",
        "{% from 'kit/states.html' import chip as mark with context %}",
        "{% if state == 'final' %}{{ _('链上完成') }}{% endif %}",
        "{% if capture.state in ('final', 'anchored') %}<b>{{ _('完成') }}</b>{% endif %}",
        "{{ _('链上完成') if state == 'final' else _('还没有') }}",
        "{% if state == 'draft' %}-{% elif state == 'final' %}<b>{{ _('完成') }}</b>{% endif %}",
        "<span class='chip good'>x</span>",
        '<span class="dim chip">x</span>',
        "<span class=chip>x</span>",
    ],
)
def test_words_of_its_own_are_found(planted: str) -> None:
    assert own_words(planted)


def test_a_dictionary_that_names_no_states_is_none() -> None:
    assert own_words("{{ {'weeks': 8, 'seen': 2} }} {{ {'short': _('太短'), 'long': _('太长')}[problem] }}") == []


@pytest.mark.parametrize(
    "source",
    [
        "{{ state_chip('evidence', state) }} {{ chip(run.differences | number, 'recalled') }}",
        "{{ chip(_('%(who)s 在看', who=who), 'dim') }} <div class=\"chip-list\"></div>",
        "{% if state == 'final' %}{{ _('证据在链上，并已过了不会再变的深度。') }}{% endif %}",
        "{% if many == 'all' %}{{ _('全部') }}{% endif %}",
    ],
)
def test_what_is_no_state_may_be_worded(source: str) -> None:
    assert own_words(source) == []

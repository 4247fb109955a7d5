"""English says one in the singular and many in the plural; a role of one party is not told as of many."""

import re

import pytest

from backend.web.i18n import COUNTS, catalogue
from backend.web.rendering import _environment

_NOUN_AFTER = re.compile(rf"%\(({'|'.join(COUNTS)})\)s (?:\w+ )?(?!is\b|was\b|has\b|as\b|this\b)[a-z]+s\b")
_OF_MANY = ("places", "of these", "Of %(seen)s")
"""Told only of more than one, by the template's own condition or by sense."""


def _said(template: str, language: str) -> str:
    return _environment(language).from_string(template).render(locale="en", language=language)


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "0 contradictions"), (1, "1 contradiction"), ("1", "1 contradiction"), (2, "2 contradictions")],
)
def test_a_number_decides_between_singular_and_plural(count: object, told: str) -> None:
    assert _said(f"{{{{ _('矛盾记录 %(count)s 条', count={count!r}) }}}}", "en") == told
    assert _said(f"{{{{ _('矛盾记录 %(count)s 条', count={count!r}) }}}}", "zh") == f"矛盾记录 {count} 条"


def test_every_english_text_with_a_number_and_a_noun_has_a_singular() -> None:
    words = catalogue("en")
    plural = {
        id for id, text in words.texts.items() if _NOUN_AFTER.search(text) and not any(w in text for w in _OF_MANY)
    }
    assert len(plural) > 10
    assert plural - words.of_one.keys() == set()
    for id, one in words.of_one.items():
        assert set(re.findall(r"%\((\w+)\)s", one)) <= set(re.findall(r"%\((\w+)\)s", words.texts[id])), id


@pytest.mark.parametrize(("role", "one"), [("dealer", "Dealer"), ("store", "Store"), ("warehouse", "Warehouse")])
def test_the_role_of_one_party_is_told_in_the_singular(role: str, one: str) -> None:
    for kind in ("party_role", "user_role"):
        call = (
            f"{{% from 'kit/states.html' import role_names with context %}}{{{{ role_names('{kind}', ['{role}']) }}}}"
        )
        assert _said(call, "en") == one
        assert _said(call, "zh") == {"dealer": "经销商", "store": "门店", "warehouse": "仓库"}[role]


def test_what_fills_a_text_is_escaped() -> None:
    assert "&lt;b&gt;" in _said("{{ _('%(name)s 开立', name='<b>') }}", "en")

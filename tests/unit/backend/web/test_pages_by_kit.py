"""Pages are built of the kit: no template writes by hand what `templates/kit/` has a macro for."""

import re
from pathlib import Path

import pytest

from backend.web import rendering

TEMPLATES = Path(rendering.__file__).parent / "templates"
OTHERS = ("kit/", "verification/", "warehouse/")
"""The kit itself, a consumer's pages, which stay as small as they are, and the frame of the warehouse app."""
PAGES = sorted(
    name
    for path in TEMPLATES.rglob("*.html")
    if not (name := path.relative_to(TEMPLATES).as_posix()).startswith(OTHERS)
)
BY_HAND = {
    "a heading: kit/page.html has title": r"<h1|headline",
    "facts: kit/page.html has facts": r"<d[ltd]\b",
    "an empty state: kit/page.html has empty and nothing, kit/lists.html has empty": (
        r"""class="[^"]*\b(?:empty|nothing)\b|\{% else %\}<(li|p|section)[^>]*class="[^"]*\bdim\b[^>]*>"""
        r"""\{\{ _\('(?:没有|还没有)"""
    ),
    "a time: kit/page.html has moment, day, period, since and as_of": (
        r"<time|\{\{ [\w.]+ ?\| ?(?:moment|day)\b(?:\([^)]*\))? \}\}"
    ),
    "a chip: kit/states.html has chip and state_chip": r"""class="[^"]*\bchip\b""",
    "a quantity: kit/things.html has quantity": r"\{\{ _\('%\(count\)s (?:瓶|升|公斤)', [^}]*\) \}\}",
    "a product by its code: kit/things.html has product_name": r"\[[\w.]*gtin\]\.label\(",
    "a company by its code: kit/things.html has party_name": r"names\.get\(([\w.]+), \1\)",
    "an address of evidence: kit/things.html has evidence": r"""href="/captures/\{\{[^}]*\}\}"[^>]*>\{\{[^}]*hex\(\)""",
    "a hash cut short: kit/things.html has code and evidence": (
        r"hex\(\)\[:|(?:unit|evidence|hash|signer)\[:\d+\] ?\}\}(?!…)"
    ),
}
"""What is written by hand, and what of the kit says it instead."""


def found_in(source: str) -> list[str]:
    """What a template writes by hand; comments and the title of the browser's tab aside."""
    bare = re.sub(r"\{#.*?#\}|\{% block title %\}.*?\{% endblock %\}", "", source, flags=re.DOTALL)
    return [what for what, pattern in BY_HAND.items() if re.search(pattern, bare)]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_writes_by_hand_what_the_kit_has(name: str) -> None:
    assert found_in((TEMPLATES / name).read_text("utf-8")) == []


@pytest.mark.parametrize(
    "by_hand",
    [
        '<header class="headline"><div>',
        "<h1>{{ _('订单') }}</h1>",
        '<dl class="facts">',
        '<section class="card empty"><p>',
        "{% else %}<li class=\"dim\">{{ _('没有在途的货。') }}</li>",
        '<time datetime="{{ at.isoformat() }}">',
        "{{ each.at|moment }}",
        "{{ each.at | moment('medium') }}",
        '<span class="chip good">',
        "{{ _('%(count)s 瓶', count=each.open|number) }}",
        "{{ products[line.gtin].label(language) }}",
        "{{ names.get(each.actor, each.actor) }}",
        '<a class="mono" href="/captures/{{ each.evidence.hex() }}">{{ each.evidence.hex()[:10] }}…</a>',
        "{{ each.unit[:16] }}",
    ],
)
def test_what_is_written_by_hand_is_found(by_hand: str) -> None:
    assert found_in(by_hand)


def test_every_template_is_used() -> None:
    """A page is rendered by name; a part is included, imported or extended by one."""
    backend = TEMPLATES.parent.parent
    sources = "".join(path.read_text("utf-8") for path in (*backend.rglob("*.py"), *TEMPLATES.rglob("*.html")))
    names = [path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*") if path.is_file()]
    assert len(names) > 40
    assert [name for name in names if name not in sources] == []

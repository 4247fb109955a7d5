"""Whatever a page says in Chinese it says in every other language as well."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

import scanner
from backend.web import i18n, rendering

TEMPLATES = Path(rendering.__file__).parent / "templates"


def _texts(path: Path) -> set[tuple[str, str]]:
    """Texts of a template that are translated, each with its context."""
    tree = Environment(extensions=["jinja2.ext.i18n"]).parse(path.read_text("utf-8"))
    found = set()
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in ("_", "pgettext"):
            words = [each.value for each in call.args if isinstance(each, nodes.Const)]
            if words:
                found.add((words[0], words[1]) if call.node.name == "pgettext" else ("", words[0]))
    return found


def _is_known(context: str, text: str, words: i18n.Catalogue) -> bool:
    return (context, text) in words.in_context or text in words.texts


@pytest.mark.parametrize("language", [each for each in i18n.LANGUAGES if each != "zh"])
def test_every_text_of_every_page_is_translated(language: str) -> None:
    words = i18n.catalogue(language)
    paths = sorted(path for path in TEMPLATES.rglob("*") if path.suffix in (".html", ".svg"))
    missing = [
        f"{path.relative_to(TEMPLATES)}: {text}"
        for path in paths
        for context, text in sorted(_texts(path))
        if not _is_known(context, text, words)
    ]
    assert len(paths) > 40
    assert not missing, f"locale/{language} lacks: {missing}"
    assert _texts(TEMPLATES / "web" / "base.html") == {("", "酒链"), ("", "跳到正文")}


def test_no_catalogue_keeps_what_nobody_says() -> None:
    """Texts stand in a template, or in code, where a long one may be written in parts."""
    homes = [TEMPLATES.parent.parent, Path(scanner.__file__).parent]
    sources = [each for home in homes for kind in ("*.py", "*.html", "*.svg", "*.js") for each in home.rglob(kind)]
    said = re.sub(r'"\s*\n\s*f?"', "", "".join(each.read_text("utf-8") for each in sources))
    for path in sorted((TEMPLATES.parent / "locale" / "en").glob("*.po")):
        with path.open("rb") as file:
            entries = [each.id if isinstance(each.id, str) else each.id[0] for each in read_po(file)]
        left = [each for each in entries if each.replace('"', '\\"') not in said]
        assert path.name == "vocabulary.po" or left == [], path.name


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_page_says_anything_that_cannot_be_translated(path: Path) -> None:
    """Chinese stands in `_(…)`, but for the seal's own characters and the name of the language itself."""
    source = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
    bare = re.sub(r"""(?:_|pgettext)\((?:'[^']*', )?('[^']*'|"[^"]*")""", "", source)
    left = set(re.findall(r"[\u4e00-\u9fff]+", bare))
    assert left <= {"中文", "酒链", "未"}

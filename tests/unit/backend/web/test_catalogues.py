"""Whatever a page says in Chinese it says in every other language as well."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

import backend
import scanner
from backend.web import i18n, rendering

TEMPLATES = Path(rendering.__file__).parent / "templates"
LOCALE = Path(i18n.__file__).parent / "locale"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
STATES = {"born_by", "kind", "outcome", "role", "roles", "standing", "state", "status", "step"}
"""Attributes that hold a member of an enum, which a file says in words."""


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


def _fields(source: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Field" and node.args:
            yield node


def _headings(source: str) -> list[str]:
    titles = [each.args[0] for each in _fields(source)]
    return [title.value for title in titles if isinstance(title, ast.Constant) and isinstance(title.value, str)]


def _wordless(source: str) -> list[str]:
    """Headings of columns of files whose cells are states, and which name no kind of the vocabulary."""
    return [
        ast.unparse(each.args[0])
        for each in _fields(source)
        if len(each.args) > 1
        and not any(given.arg == "kind" for given in each.keywords)
        and any(isinstance(node, ast.Attribute) and node.attr in STATES for node in ast.walk(each.args[1]))
    ]


FILES = [path for path in Path(backend.__file__).parent.rglob("*pages*.py") if "web.exports" in path.read_text("utf-8")]
"""Modules that make lists into files."""


@pytest.mark.parametrize("language", [each for each in i18n.LANGUAGES if each != "zh"])
def test_every_heading_of_a_file_is_translated(language: str) -> None:
    words = i18n.catalogue(language)
    titles = {title for path in FILES for title in _headings(path.read_text("utf-8"))}
    assert len(titles) > 40
    missing = sorted(title for title in titles if CHINESE.search(words.pgettext("one", title)))
    assert not missing, f"locale/{language} lacks: {missing}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_file_has_states_without_words(path: Path) -> None:
    assert _wordless(path.read_text("utf-8")) == [], 'Field(…, kind="…") says a state in words'


def test_a_column_of_states_without_words_is_found() -> None:
    assert _wordless('Field("状态", lambda row: row.order.state)') == ["'状态'"]
    assert _wordless('Field("状态", lambda row: row.order.state, kind="order")') == []


def _said_twice(paths: list[Path]) -> dict[tuple[str, str], set[str]]:
    """Texts, each with its context, that the catalogues of one language translate in several ways."""
    said = defaultdict[tuple[str, str], set[str]](set)
    for path in paths:
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id:
                    id = message.id if isinstance(message.id, str) else message.id[0]
                    said[str(message.context or ""), id].add(str(message.string))
    return {text: ways for text, ways in said.items() if len(ways) > 1}


@pytest.mark.parametrize("language", [each for each in i18n.LANGUAGES if each != "zh"])
def test_no_text_is_translated_in_two_ways(language: str) -> None:
    """Catalogues are merged: of two translations one would be lost, and nobody told which."""
    paths = sorted((LOCALE / language).glob("*.po"))
    assert len(paths) > 10
    assert _said_twice(paths) == {}, "give the rarer one a msgctxt and ask for it with pgettext"


def test_a_text_that_is_translated_in_two_ways_is_found(tmp_path: Path) -> None:
    for name, said in (("a", "Device"), ("b", "Devices")):
        (tmp_path / f"{name}.po").write_text(f'msgid "设备"\nmsgstr "{said}"\n', "utf-8")
    assert _said_twice(sorted(tmp_path.glob("*.po"))) == {("", "设备"): {"Device", "Devices"}}


@pytest.mark.parametrize(
    ("context", "text", "said"),
    [
        ("", "扫码数", "Scans"),
        ("one", "设备", "Device"),
        ("", "设备", "Devices"),
        ("", "排序", "Sort by"),
        ("", "在途", "On the way"),
        ("", "每个批次：产出 = 持有 + 在途 + 售出 + 损耗 + 投料", None),
    ],
)
def test_a_word_means_what_its_page_means(context: str, text: str, said: str | None) -> None:
    words = i18n.catalogue("en")
    found = words.pgettext(context, text) if context else words.gettext(text)
    assert found == said if said else words.gettext("在途").lower() in found

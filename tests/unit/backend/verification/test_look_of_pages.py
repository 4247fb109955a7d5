"""Texts and colours of the consumer's pages agree with the rest of the house."""

import re
from pathlib import Path

from babel.messages.pofile import read_po

WEB = Path(__file__).parents[4] / "backend" / "web"


def texts(name: str) -> dict[str, str]:
    with (WEB / "locale" / "en" / name).open("rb") as file:
        found = [(m.id, m.string) if isinstance(m.id, str) else (m.id[0], m.string[1]) for m in read_po(file) if m.id]
        return {str(id): str(text) for id, text in found}


def test_every_text_of_the_pages_is_translated() -> None:
    ours = texts("verification.po") | texts("web.po")
    for page in (WEB / "templates" / "verification").iterdir():
        for text in re.findall(r"_\('([^']*)'", page.read_text()):
            assert ours.get(text), f"{page.name}: {text} has no English"


def test_no_text_of_ours_is_translated_in_two_ways() -> None:
    ours = texts("verification.po")
    for path in sorted((WEB / "locale" / "en").glob("*.po")):
        theirs = texts(path.name)
        differing = {text for text in ours.keys() & theirs.keys() if ours[text] != theirs[text]}
        assert not differing, f"{path.name} says otherwise: {differing}"


def test_the_pages_wear_the_colours_of_the_house() -> None:
    """The style of the consumer's pages stands alone, to be small; its tokens are those of base.css."""

    def tokens(name: str) -> list[tuple[str, str]]:
        text = (WEB / "static" / "css" / name).read_text()
        return [found for found in re.findall(r"(--[a-z-]+): ([^;]+);", text) if found[0] != "--tone"]

    ours, house = tokens("consumer.css"), tokens("base.css")
    assert ours
    assert set(ours) <= set(house)

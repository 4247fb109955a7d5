"""A printed sheet gives every code back, and cuts none of them short."""

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from scanner.errors import Malformed
from scanner.labels.sheet import Label, Layout, cap_label, sheet, unit_label

GTIN = "06901234567892"


def link(number: int) -> str:
    return f"https://q.example.cn/01/{GTIN}/10/B20250301/21/23456789AB{number:04}"


def labels(count: int) -> list[Label]:
    return [unit_label(link(at), f"23456789AB{at:04}", "B20250301", "369012345000000005") for at in range(count)]


def pages_of(pdf: bytes, dpi: int = 300) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.render(scale=dpi / 72).to_pil() for page in document]
    finally:
        document.close()


def read(image: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(image)]


def test_every_code_of_every_page_is_read_back() -> None:
    pages = pages_of(sheet(labels(70)))
    assert [sorted(read(page)) for page in pages] == [
        [link(at) for at in range(65)],
        [link(at) for at in range(65, 70)],
    ]


def test_labels_fill_the_sheet_row_by_row() -> None:
    found = zxingcpp.read_barcodes(pages_of(sheet(labels(6)))[0])
    places = {each.text: (each.position.top_left.x, each.position.top_left.y) for each in found}
    first, second, sixth = places[link(0)], places[link(1)], places[link(5)]
    assert second[0] - first[0] == pytest.approx(40.6 * 300 / 25.4, abs=3)
    assert sixth[1] - first[1] == pytest.approx(21.2 * 300 / 25.4, abs=3)


def test_no_ink_stands_in_the_quiet_zone() -> None:
    page = pages_of(sheet(labels(1)), dpi=600)[0].convert("L")
    corner = zxingcpp.read_barcodes(page)[0].position
    quiet = round(4 * 0.4 * 600 / 25.4) - 3
    left, top = corner.top_left.x - quiet, corner.top_left.y - quiet
    right, bottom = corner.bottom_right.x + quiet, corner.bottom_right.y + quiet
    strips = [
        (left, top, right, corner.top_left.y - 2),
        (left, corner.bottom_right.y + 3, right, bottom),
        (left, top, corner.top_left.x - 2, bottom),
        (corner.bottom_right.x + 3, top, right, bottom),
    ]
    assert all(page.crop(strip).getextrema()[0] > 200 for strip in strips)


def test_the_serial_can_be_read_by_eye() -> None:
    document = pypdfium2.PdfDocument(sheet(labels(1)))
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert "2345678 9AB0000" in text
    assert "B20250301" in text


def test_a_cap_label_gives_the_secret_back() -> None:
    assert read(pages_of(sheet([cap_label("ABCDEF-GHJKMN-PQRSTU")]))[0]) == ["ABCDEF-GHJKMN-PQRSTU"]


def test_a_code_that_does_not_fit_its_label_is_refused() -> None:
    with pytest.raises(Malformed, match="does not fit"):
        sheet(labels(1), Layout(module=0.8))


def test_a_line_the_font_cannot_write_is_refused() -> None:
    with pytest.raises(Malformed, match="酒"):
        sheet([Label("A", ("酒",))])

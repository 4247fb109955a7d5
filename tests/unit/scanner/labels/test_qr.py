"""What we print as QR, a reader reads."""

from io import BytesIO

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from scanner.errors import Malformed
from scanner.labels import qr

LINK = "https://q.example.cn/01/06901234567892/10/B-2025%2F03/21/23456789ABCDEF"


def read(image: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(image)]


@pytest.mark.parametrize("level", list(qr.Level))
@pytest.mark.parametrize("text", [LINK, "A", "贵州酱香 53度", "9" * 300])
def test_a_printed_code_is_read_back(text: str, level: qr.Level) -> None:
    assert read(qr.qr_image(text, level=level)) == [text]


@pytest.mark.parametrize("mask", range(8))
def test_a_code_of_any_mask_is_read_back(mask: int) -> None:
    matrix = qr.with_quiet_zone(qr.qr_matrix(LINK, mask=mask))
    assert read(qr.matrix_image(matrix, 4)) == [LINK]


@pytest.mark.parametrize(("module_mm", "dpi", "dots"), [(0.4, 600, 9), (0.4, 203, 3), (0.5, 300, 6)])
def test_modules_are_whole_dots_and_all_alike(module_mm: float, dpi: int, dots: int) -> None:
    image = qr.qr_image(LINK, module_mm=module_mm, dpi=dpi)
    matrix = qr.with_quiet_zone(qr.qr_matrix(LINK))
    assert image.size == (len(matrix) * dots, len(matrix) * dots)
    pixels = np.array(image)
    assert all((pixels[row::dots, column::dots] == ~matrix).all() for row in range(dots) for column in range(dots))


def test_the_quiet_zone_is_four_modules_of_light() -> None:
    pixels = np.array(qr.qr_image(LINK, module_mm=0.5, dpi=300))
    assert pixels[:24].all()
    assert pixels[:, -24:].all()
    assert not pixels[24, 24]


def test_a_png_carries_its_resolution() -> None:
    image = Image.open(BytesIO(qr.qr_png(LINK, dpi=600)))
    assert [round(each) for each in image.info["dpi"]] == [600, 600]
    assert read(image) == [LINK]


def test_a_code_in_the_terminal_is_read_back() -> None:
    signs = {" ": (0, 0), "▄": (0, 1), "▀": (1, 0), "█": (1, 1)}
    lines = qr.qr_terminal(LINK).split("\n")
    rows = [[signs[each][half] for each in line] for line in lines for half in (0, 1)]
    light = np.pad(np.array(rows, dtype=np.bool_), 2, constant_values=True)
    assert read(qr.matrix_image(~light, 4)) == [LINK]


def test_a_module_too_small_to_print_is_refused() -> None:
    with pytest.raises(Malformed, match="module_mm"):
        qr.qr_image(LINK, module_mm=0.1, dpi=203)


def test_a_text_too_long_for_a_code_is_refused() -> None:
    with pytest.raises(Malformed, match="text"):
        qr.qr_matrix("x" * 3000)

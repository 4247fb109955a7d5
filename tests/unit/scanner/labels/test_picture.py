"""Codes are read in a picture however it is stored."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scanner.errors import Malformed
from scanner.labels import qr
from scanner.labels.picture import read_picture

LINK = "https://q.example.cn/01/06901234567892/10/B-2025%2F03/21/23456789ABCDEF"
OTHER = "https://q.example.cn/01/06901234567892/10/B-2025%2F03/21/23456789ABCDEG"


def grey(text: str = LINK) -> Image.Image:
    return qr.matrix_image(qr.with_quiet_zone(qr.qr_matrix(text)), 4).convert("L")


def on_nothing(ink: str, mode: str = "RGBA", text: str = LINK) -> Image.Image:
    """The modules in one colour, everything else fully transparent and of the same colour."""
    ground = Image.new("RGBA", grey(text).size, ink)
    ground.putalpha(grey(text).point(lambda value: 255 - value))
    return ground.convert(mode)


def of_palette() -> Image.Image:
    """A palette whose first entry is transparent black, and whose ink is black too."""
    image = Image.fromarray((np.asarray(grey()) == 0).astype(np.uint8), "P")
    image.putpalette([0, 0, 0, 0, 0, 0])
    image.info["transparency"] = 0
    return image


def of_key_colour() -> Image.Image:
    """Without an alpha channel: one colour stands for nothing (tRNS of a true-colour picture)."""
    dark = np.asarray(grey()) == 0
    pixels = np.zeros((*dark.shape, 3), dtype=np.uint8)
    pixels[~dark] = (1, 0, 0)
    image = Image.fromarray(pixels)
    image.info["transparency"] = (1, 0, 0)
    return image


def deep(low: int, high: int) -> Image.Image:
    return Image.fromarray(np.where(np.asarray(grey()) == 0, low, high).astype(np.uint16))


WAYS: dict[str, tuple[str, Callable[[], Image.Image]]] = {
    "black on nothing": ("a.png", lambda: on_nothing("black")),
    "white on nothing": ("a.png", lambda: on_nothing("white")),
    "dark blue on nothing": ("a.png", lambda: on_nothing("#102040")),
    "grey and alpha": ("a.png", lambda: on_nothing("black", "LA")),
    "a palette with a transparent colour": ("a.png", of_palette),
    "a colour that stands for nothing": ("a.png", of_key_colour),
    "WebP with transparency": ("a.webp", lambda: on_nothing("black")),
    "sixteen bits, all of them": ("a.png", lambda: deep(0, 65535)),
    "sixteen bits, dark": ("a.png", lambda: deep(100, 3000)),
    "sixteen bits, light": ("a.tiff", lambda: deep(50_000, 65_000)),
    "thirty-two bits": ("a.tiff", lambda: Image.fromarray(np.asarray(grey()).astype(np.int32) * 1000)),
    "decimals": ("a.tiff", lambda: Image.fromarray(np.asarray(grey()).astype(np.float32) / 255)),
    "colours of a press": ("a.jpg", lambda: grey().convert("CMYK")),
    "one bit": ("a.png", lambda: grey().convert("1")),
    "light on dark": ("a.png", lambda: grey().point(lambda value: 255 - value)),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_code_is_read_however_the_picture_is_stored(way: str, tmp_path: Path) -> None:
    name, make = WAYS[way]
    make().save(tmp_path / name)
    assert [found.text for found in read_picture(tmp_path / name)] == [LINK]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_that_lies_on_its_side_is_read(orientation: int, tmp_path: Path) -> None:
    image = grey()
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(tmp_path / "a.jpg", exif=exif)
    assert [found.text for found in read_picture(tmp_path / "a.jpg")] == [LINK]


def test_dark_and_light_ink_on_one_clear_sheet_are_both_read(tmp_path: Path) -> None:
    dark, light = on_nothing("black"), on_nothing("white", text=OTHER)
    sheet = Image.new("RGBA", (dark.width + light.width, dark.height))
    sheet.paste(dark, (0, 0))
    sheet.paste(light, (dark.width, 0))
    sheet.save(tmp_path / "a.png")
    assert sorted(found.text for found in read_picture(tmp_path / "a.png")) == sorted([LINK, OTHER])


def test_two_equal_codes_are_two(tmp_path: Path) -> None:
    one = grey()
    sheet = Image.new("L", (one.width * 2, one.height), 255)
    sheet.paste(one, (0, 0))
    sheet.paste(one, (one.width, 0))
    sheet.save(tmp_path / "a.png")
    assert [found.text for found in read_picture(tmp_path / "a.png")] == [LINK, LINK]


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_what_is_no_picture_says_so(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises((Malformed, OSError)):
        read_picture(tmp_path / "a.png")

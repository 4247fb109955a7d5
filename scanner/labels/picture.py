"""Codes in a picture, however the picture is stored.

Readers look at shades of grey. A picture may have no ground of its own (transparency), more depth than eight bits,
the colours of a press, or lie on its side with a note that says so (EXIF); each is put right before it is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import zxingcpp
from PIL import Image, ImageOps, UnidentifiedImageError

from scanner.errors import Malformed

_DEEP = ("I", "F")


@dataclass(frozen=True, slots=True)
class Found:
    """A code: its symbology as the reader names it, and its text."""

    format: str
    text: str


def read_picture(path: Path) -> list[Found]:
    """All codes in a picture; Malformed when it is no picture."""
    try:
        with Image.open(path) as opened:
            return read_image(opened)
    except UnidentifiedImageError:
        raise Malformed(str(path), "is not an image") from None
    except (Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise Malformed(str(path), f"cannot be read as an image: {error}") from error


def read_image(image: Image.Image) -> list[Found]:
    """All codes in an image. One with transparency is laid on white and on black: ink may be dark or light."""
    found: list[Found] = []
    for grey in _greys(ImageOps.exif_transpose(image)):
        seen = [Found(str(each.format), each.text) for each in zxingcpp.read_barcodes(grey)]
        found += [each for each in seen if each not in found] if found else seen
    return found


def _greys(image: Image.Image) -> Iterator[Image.Image]:
    if image.mode.startswith(_DEEP):
        yield _shallow(image)
    elif image.mode in ("LA", "La", "RGBA", "RGBa", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        for ground in ("white", "black"):
            yield Image.alpha_composite(Image.new("RGBA", clear.size, ground), clear).convert("L")
    else:
        yield image.convert("RGB").convert("L")


def _shallow(image: Image.Image) -> Image.Image:
    """Eight bits of a picture with more: from its darkest to its lightest, since its depth is not told."""
    values = np.asarray(image, dtype=np.float64)
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) * (255 / (high - low) if high > low else 0)
    return Image.fromarray(scaled.astype(np.uint8))

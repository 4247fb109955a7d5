"""QR codes as images for print and screen, and as text for a terminal.

A module is the smallest square. On paper its side is given in millimetres and rounded to whole printer dots, never
resampled, so that every module has the same size.
"""

from enum import IntEnum
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from qrcode import QRCode, constants
from qrcode.exceptions import DataOverflowError

from scanner.errors import Malformed

QUIET_MODULES = 4
MILLIMETRES_PER_INCH = 25.4

Matrix = NDArray[np.bool_]


class Level(IntEnum):
    """Error correction: how much of the code may be lost."""

    L = constants.ERROR_CORRECT_L
    M = constants.ERROR_CORRECT_M
    Q = constants.ERROR_CORRECT_Q
    H = constants.ERROR_CORRECT_H


def qr_matrix(text: str, level: Level = Level.M, *, mask: int | None = None) -> Matrix:
    """Dark modules, without quiet zone. A given mask (0 to 7) saves the four fifths of the time spent to weigh all."""
    code = QRCode(error_correction=int(level), border=0, mask_pattern=mask)
    code.add_data(text)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError) as error:
        raise Malformed("text", "is too long for a QR code") from error
    return np.array(code.get_matrix(), dtype=np.bool_)


def with_quiet_zone(matrix: Matrix, modules: int = QUIET_MODULES) -> Matrix:
    """The matrix with the light border readers need (ISO/IEC 18004: four modules)."""
    return np.pad(matrix, modules, constant_values=False)


def module_dots(module_mm: float, dpi: int) -> int:
    """Whole printer dots of a module; Malformed when it would be less than two, which does not print."""
    dots = round(module_mm * dpi / MILLIMETRES_PER_INCH)
    if dots < 2:
        raise Malformed("module_mm", f"{module_mm} mm is less than two dots at {dpi} dots per inch")
    return dots


def matrix_image(matrix: Matrix, dots: int = 1) -> Image.Image:
    """Black and white image of a matrix, `dots` pixels a module."""
    light = np.where(matrix, np.uint8(0), np.uint8(255))
    return Image.fromarray(light.repeat(dots, axis=0).repeat(dots, axis=1)).convert("1")


def qr_image(text: str, *, module_mm: float = 0.4, dpi: int = 600, level: Level = Level.M) -> Image.Image:
    """QR image with its quiet zone, exact for a printer of that resolution."""
    return matrix_image(with_quiet_zone(qr_matrix(text, level)), module_dots(module_mm, dpi))


def qr_png(text: str, *, module_mm: float = 0.4, dpi: int = 600, level: Level = Level.M) -> bytes:
    """The same as PNG; it carries its resolution, so that a page that prints it keeps the size."""
    out = BytesIO()
    qr_image(text, module_mm=module_mm, dpi=dpi, level=level).save(out, "PNG", dpi=(dpi, dpi), optimize=True)
    return out.getvalue()


def qr_terminal(text: str, *, level: Level = Level.L, quiet: int = 2) -> str:
    """QR code of half blocks, two modules a character: light is drawn, so it reads on a dark terminal."""
    light = ~with_quiet_zone(qr_matrix(text, level), quiet)
    if len(light) % 2:
        light = np.pad(light, ((0, 1), (0, 0)), constant_values=False)
    signs = np.array([" ", "▄", "▀", "█"])
    rows = signs[light[0::2].astype(np.uint8) * 2 + light[1::2]]
    return "\n".join("".join(row) for row in rows)

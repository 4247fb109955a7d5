"""Label sheets as PDF: one QR code a label with its quiet zone, and a few lines of text beside it.

A QR code stands in the file as an image of one dot a module, scaled by the page: sharp at any resolution, and small.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from scanner.errors import Malformed
from scanner.labels.qr import QUIET_MODULES, Level, matrix_image, qr_matrix, with_quiet_zone

if TYPE_CHECKING:
    from fpdf import FPDF

POINTS_PER_MILLIMETRE = 72 / 25.4
MASK = 3
"""One mask for all: weighing all eight would take most of the time, and every reader reads every mask."""


@dataclass(frozen=True)
class Label:
    """What one label carries."""

    text: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """A sheet of labels, in millimetres. The default is A4 with 5 × 13 labels of 38.1 × 21.2, a common die."""

    page_width: float = 210.0
    page_height: float = 297.0
    columns: int = 5
    rows: int = 13
    width: float = 38.1
    height: float = 21.2
    left: float = 4.75
    top: float = 10.7
    gap_x: float = 2.5
    gap_y: float = 0.0
    module: float = 0.4
    line_points: float = 5.5

    @property
    def per_page(self) -> int:
        """Labels on a page."""
        return self.columns * self.rows

    def places(self) -> Iterator[tuple[float, float]]:
        """Upper left corner of each label, row by row."""
        for row in range(self.rows):
            for column in range(self.columns):
                yield (
                    self.left + column * (self.width + self.gap_x),
                    self.top + row * (self.height + self.gap_y),
                )


def unit_label(link: str, serial: str, batch: str, sscc: str) -> Label:
    """Outer label of a bottle: its Digital Link, and for eyes the serial, the batch and the end of the case's SSCC."""
    return Label(link, (f"{serial[:7]} {serial[7:]}", f"B {batch}", f"C {sscc[-8:]}"))


def cap_label(inner: str) -> Label:
    """Inner label, for under the cap: the grouped secret code as QR and as text to be typed. Handle like money."""
    return Label(inner, tuple(inner.split("-")))


def sheet(labels: Iterable[Label], layout: Layout = Layout(), level: Level = Level.M) -> bytes:
    """PDF of all labels, filling the sheets row by row. Malformed when a code does not fit its label."""
    from fpdf import FPDF  # half a second to load: only who prints pays for it

    pdf = FPDF(unit="mm", format=(layout.page_width, layout.page_height))
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.set_compression(True)
    pdf.set_font("Courier", size=layout.line_points)
    for page in _pages(labels, layout.per_page):
        pdf.add_page()
        for label, (x, y) in zip(page, layout.places(), strict=False):
            _draw(pdf, label, x, y, layout, level)
    return bytes(pdf.output())


def _pages(labels: Iterable[Label], size: int) -> Iterator[list[Label]]:
    rest = iter(labels)
    while page := list(islice(rest, size)):
        yield page


def _draw(pdf: "FPDF", label: Label, x: float, y: float, layout: Layout, level: Level) -> None:
    from fpdf.errors import FPDFUnicodeEncodingException

    matrix = with_quiet_zone(qr_matrix(label.text, level, mask=MASK))
    side = len(matrix) * layout.module
    if side > min(layout.width, layout.height):
        raise Malformed("label", f"a code of {side:.1f} mm does not fit {layout.width} × {layout.height} mm")
    middle = y + (layout.height - side) / 2
    pdf.image(matrix_image(matrix), x, middle, side, side)
    step = layout.line_points * 1.3 / POINTS_PER_MILLIMETRE
    baseline = middle + QUIET_MODULES * layout.module + step
    for number, line in enumerate(label.lines):
        try:
            pdf.text(x + side, baseline + number * step, line)
        except FPDFUnicodeEncodingException as error:
            raise Malformed("label", f"{line!r} has characters the label font has not") from error

"""Labels in ZPL II, the language of Zebra printers and of those that speak like them.

Data are written with every byte that ZPL gives a meaning escaped (^FH), so a field cannot end early or start a command.
"""

from scanner.errors import Malformed
from scanner.gs1.identifiers import Sscc
from scanner.labels.qr import Level, module_dots

FNC1_CODE_128 = ">8"
FNC1_DATA_MATRIX = "_1"
START_C = ">;"
_ESCAPED = frozenset("^~\\")
_CODE_128_MM_MIN, _DATA_MATRIX_MM_MIN = 0.25, 0.38


def case_label(sscc: str, lines: tuple[str, ...] = (), *, dpi: int = 203, width_mm: float = 100.0) -> str:
    """Logistic label of a case: its SSCC as GS1-128 and as GS1 DataMatrix, and lines of text above them."""
    key = Sscc.parse(sscc).value
    narrow = max(module_dots(_CODE_128_MM_MIN, dpi), 2)
    square = max(module_dots(_DATA_MATRIX_MM_MIN, dpi), 2)
    dots_per_mm = dpi / 25.4
    text = [
        f"^FO{round(4 * dots_per_mm)},{round((4 + 6 * row) * dots_per_mm)}^A0N,{round(4 * dots_per_mm)}{_field(line)}"
        for row, line in enumerate(lines)
    ]
    below = round((8 + 6 * len(lines)) * dots_per_mm)
    return _label(
        width_mm,
        dpi,
        *text,
        f"^BY{narrow}^FO{round(4 * dots_per_mm)},{below}^BCN,{round(32 * dots_per_mm)},N,N,N,N"
        f"^FD{START_C}{FNC1_CODE_128}00{key}^FS",
        f"^FO{round(4 * dots_per_mm)},{below + round(34 * dots_per_mm)}^A0N,{round(4 * dots_per_mm)}^FD(00) {key}^FS",
        f"^FO{round((width_mm - 18) * dots_per_mm)},{below}^BXN,{square},200,,,,_^FD{FNC1_DATA_MATRIX}00{key}^FS",
    )


def bottle_label(
    link: str,
    lines: tuple[str, ...] = (),
    *,
    dpi: int = 300,
    module_mm: float = 0.4,
    width_mm: float = 38.0,
    level: Level = Level.M,
) -> str:
    """Label of a bottle: its Digital Link as QR code with the quiet zone, and lines of text beside it."""
    magnification = module_dots(module_mm, dpi)
    if magnification > 10:
        raise Malformed("module_mm", f"{module_mm} mm is more than ten dots at {dpi} dots per inch")
    quiet = 4 * magnification
    height = round(2 * dpi / 25.4)
    beside = round(width_mm / 2 * dpi / 25.4)
    text = [
        f"^FO{beside},{quiet + row * round(height * 1.4)}^A0N,{height}{_field(line)}" for row, line in enumerate(lines)
    ]
    code = f"^FO{quiet},{quiet}^BQN,2,{magnification}{_field(f'{level.name}A,{link}')}"
    return _label(width_mm, dpi, code, *text)


def _label(width_mm: float, dpi: int, *fields: str) -> str:
    return "\n".join(["^XA", "^CI28", f"^PW{round(width_mm * dpi / 25.4)}", *fields, "^XZ", ""])


def _field(text: str) -> str:
    """Field data with an escape for each character that is a command; control characters are refused."""
    if any(ord(each) < 32 for each in text):
        raise Malformed("text", "has control characters")
    if not _ESCAPED & set(text):
        return f"^FD{text}^FS"
    return "^FH\\^FD" + "".join(f"\\{ord(each):02X}" if each in _ESCAPED else each for each in text) + "^FS"

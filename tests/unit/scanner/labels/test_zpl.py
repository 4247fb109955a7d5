"""Printer language: exact codes, and no text that can command the printer."""

import pytest

from scanner.errors import Malformed
from scanner.labels.zpl import bottle_label, case_label

SSCC = "369012345000000005"
LINK = "https://q.example.cn/01/06901234567892/10/B1/21/23456789ABCDEF"


def test_a_case_label_says_the_sscc_as_gs1_128_data_matrix_and_digits() -> None:
    zpl = case_label(SSCC, ("Sorghum 53",))
    assert zpl.startswith("^XA\n")
    assert zpl.endswith("^XZ\n")
    assert f"^FD>;>800{SSCC}^FS" in zpl
    assert f"^FD_100{SSCC}^FS" in zpl
    assert f"(00) {SSCC}" in zpl
    assert "Sorghum 53" in zpl


def test_a_case_label_with_a_wrong_sscc_is_refused() -> None:
    with pytest.raises(Malformed, match="sscc"):
        case_label(SSCC[:-1] + "6")


def test_a_bottle_label_says_the_link_at_the_module_size_asked_for() -> None:
    zpl = bottle_label(LINK, ("2345678 9ABCDEF",), dpi=300, module_mm=0.4)
    assert f"^BQN,2,5^FDMA,{LINK}^FS" in zpl
    assert "^FO20,20^BQ" in zpl


def test_text_cannot_command_the_printer() -> None:
    zpl = bottle_label(LINK, ("50% ^XZ~JA\\",))
    assert "^FH\\^FD50% \\5EXZ\\7EJA\\5C^FS" in zpl
    assert zpl.count("^XZ") == 1


def test_a_module_too_coarse_for_the_printer_is_refused() -> None:
    with pytest.raises(Malformed, match="module_mm"):
        bottle_label(LINK, dpi=600, module_mm=1.0)


def test_control_characters_are_refused() -> None:
    with pytest.raises(Malformed, match="control"):
        bottle_label(LINK, ("a\nb",))

"""EPC URIs and the Digital Links that say the same."""

import pytest

from scanner.epcis.epc import complaint, digital_link
from scanner.epcis.normal_values import normal_link


@pytest.mark.parametrize(
    ("epc", "link"),
    [
        ("urn:epc:id:sgtin:6901234.056789.7KQ2%2F9", "01/06901234567892/21/7KQ2%2F9"),
        ("urn:epc:id:sgtin:690123456789.0.A(1)", "01/06901234567892/21/A%281%29"),
        ("urn:epc:class:lgtin:6901234.056789.L1", "01/06901234567892/10/L1"),
        ("urn:epc:idpat:sgtin:6901234.056789.*", "01/06901234567892"),
        ("urn:epc:id:sscc:6901234.1056789012", "00/169012340567890126"),
        ("urn:epc:id:sgln:6901234.00001.0", "414/6901234000016"),
        ("urn:epc:id:sgln:6901234.00001.DOCK7", "414/6901234000016/254/DOCK7"),
        ("urn:epc:id:pgln:6901234.00001", "417/6901234000016"),
        ("urn:epc:id:giai:6901234.S7", "8004/6901234S7"),
        ("urn:epc:id:gdti:690123400001..PO:1", "253/6901234000016PO%3A1"),
    ],
)
def test_an_epc_becomes_the_link_of_the_same_thing(epc: str, link: str) -> None:
    assert complaint(epc) is None
    assert digital_link(epc) == f"https://id.gs1.org/{link}"


@pytest.mark.parametrize(
    "epc",
    [
        "urn:epc:id:sgtin:6901234.56789.A",
        "urn:epc:id:sgtin:69012.3405678.A",
        "urn:epc:id:sgtin:6901234.056789.",
        "urn:epc:id:sscc:6901234.10567890",
        "urn:epc:id:sscc:",
        "urn:epc:id:",
        "urn:epc:class:lgtin:6901234.056789.L%",
        "urn:epc:id:wine:1.2",
    ],
)
def test_a_broken_epc_is_complained_of(epc: str) -> None:
    assert complaint(epc)
    assert digital_link(epc) is None


@pytest.mark.parametrize("uri", ["urn:epc:po:1", "urn:uuid:x", "https://shop.example/1", "urn:epc:idpat:sgtin:*.*.*"])
def test_what_others_name_in_their_own_way_is_let_be(uri: str) -> None:
    assert complaint(uri) is None
    assert digital_link(uri) is None


@pytest.mark.parametrize(
    ("link", "normal"),
    [
        ("http://jiu.example/v/gtin/6901234567892/lot/L1/ser/A?97=x", "01/06901234567892/21/A"),
        ("https://jiu.example/01/06901234567892/22/V/10/L1", "01/06901234567892/10/L1"),
        ("https://jiu.example/414/6901234000016/254/7", "414/6901234000016/254/7"),
    ],
)
def test_links_are_brought_to_one_domain_and_their_finest_level(link: str, normal: str) -> None:
    assert normal_link(link) == f"https://id.gs1.org/{normal}"


@pytest.mark.parametrize("link", ["https://jiu.example/", "https://jiu.example/01/69012", "ftp://x/01/06901234567892"])
def test_other_addresses_stay_as_they_are(link: str) -> None:
    assert normal_link(link) is None

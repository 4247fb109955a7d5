"""What a phone reads off a bottle."""

import pytest

from scanner.errors import Malformed
from scanner.gs1 import digital_link

BOTTLE = "https://id.gs1.org/01/06901234567892/10/L2026-03/21/7KQ29XW3"


def test_a_bottle_gives_product_batch_and_serial() -> None:
    link = digital_link.parse(BOTTLE)
    assert link.primary == ("01", "06901234567892")
    assert link.qualifiers == (("10", "L2026-03"), ("21", "7KQ29XW3"))
    assert link.value("21") == "7KQ29XW3"
    assert link.value("17") is None
    assert digital_link.format(link) == BOTTLE


def test_any_domain_and_stem_will_do_and_the_rest_is_kept() -> None:
    link = digital_link.parse("HTTPS://jiu.example:8443/cn/v/00/106901234567890128?97=wx%2F1&from=feed&quiet#top")
    assert link.domain == "jiu.example:8443"
    assert link.stem == "https://jiu.example:8443/cn/v"
    assert link.attributes == (("97", "wx/1"),)
    assert link.others == (("from", "feed"), ("quiet", ""))


def test_a_serial_with_a_slash_survives_the_path() -> None:
    link = digital_link.of_elements((("21", "A/1+?"), ("01", "06901234567892")), stem="https://jiu.example")
    assert digital_link.format(link) == "https://jiu.example/01/06901234567892/21/A%2F1%2B%3F"
    assert digital_link.parse(digital_link.format(link)) == link


def test_spellings_of_the_first_release_are_taken_only_on_request() -> None:
    old = "https://id.gs1.org/gtin/6901234567892/lot/L1/ser/A"
    assert digital_link.parse(old, legacy=True).elements == (("01", "06901234567892"), ("10", "L1"), ("21", "A"))
    with pytest.raises(Malformed):
        digital_link.parse(old)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("", "must begin with http"),
        ("ftp://id.gs1.org/01/06901234567892", "must begin with http"),
        ("https:///01/06901234567892", "is not a domain"),
        ("https://jiu.example:99999/01/06901234567892", "is not a domain"),
        ("https://user@jiu.example/01/06901234567892", "is not a domain"),
        ("https://jiu.example/", "no GS1 key"),
        ("https://jiu.example/AQnYUc1gmg", "no GS1 key"),
        ("https://jiu.example/01/06901234567893", "01: check digit is 3, must be 2"),
        ("https://jiu.example/01/06901234567892/21/A/10/B", "21/10 cannot follow 01"),
        ("https://jiu.example/01/06901234567892/21/", "21: value '' is too short"),
        ("https://jiu.example/01/06901234567892?21=A", "21: belongs in the path"),
        ("https://jiu.example/01/06901234567892?9999=A", "9999: is not a GS1 application identifier"),
        ("https://jiu.example/01/06901234567892?17=310300&17=310400", "17: is there twice"),
        ("https://jiu.example/01/06901234567892/21/酒", "no web address may hold"),
        ("https://jiu.example/01/06901234567892/21/%E9%85%92", "character"),
    ],
)
def test_a_wrong_link_is_refused_with_its_reason(uri: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        digital_link.parse(uri)


def test_a_link_needs_a_key_and_a_sound_stem() -> None:
    with pytest.raises(Malformed, match="needs a GS1 key"):
        digital_link.of_elements((("10", "L1"),))
    with pytest.raises(Malformed, match="beginning of a web address"):
        digital_link.of_elements((("01", "06901234567892"),), stem="https://jiu.example/?a=b")

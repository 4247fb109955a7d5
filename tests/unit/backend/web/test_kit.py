"""What pages are built of: goods in the unit that fits, names before codes, fields that tell what is wrong."""

import re
from typing import Any

import pytest

from backend.web.rendering import _environment


def _rendered(call: str, macros: str, language: str = "zh", **context: Any) -> str:
    source = f"{{% from 'kit/{macros}.html' import {call.partition('(')[0]} with context %}}{{{{ {call} }}}}"
    locale = {"zh": "zh_Hans_CN", "en": "en"}[language]
    return _environment(language).from_string(source).render(locale=locale, language=language, **context).strip()


@pytest.mark.parametrize(
    ("amount", "kind", "zh", "en"),
    [
        (0, "grain", "0 公斤", "0 kg"),
        (999, "grain", "999 克", "999 g"),
        (1_000, "grain", "1 公斤", "1 kg"),
        (1_234_500, "grain", "1,234.5 公斤", "1,234.5 kg"),
        (500, "spirit", "500 毫升", "500 ml"),
        (2_500, "spirit", "2.5 升", "2.5 L"),
        (1, "bottles", "1 瓶", "1 bottle"),
        (12_000, "bottles", "12,000 瓶", "12,000 bottles"),
    ],
)
def test_a_quantity_is_told_in_the_unit_that_fits(amount: int, kind: str, zh: str, en: str) -> None:
    call = f"quantity({amount}, '{kind}')"
    assert (_rendered(call, "things"), _rendered(call, "things", "en")) == (zh, en)


def test_a_company_is_called_by_its_name_and_a_code_says_what_it_is() -> None:
    names = {"6901234000047": "成都醇酒业有限公司"}
    assert _rendered("party_name('6901234000047', names)", "things", names=names) == "成都醇酒业有限公司"
    assert "GLN 6901234000054" in _rendered("party_name('6901234000054', names)", "things", names=names)
    assert _rendered("party_name('品牌 王', names)", "things", names=names) == "品牌 王"
    assert "GTIN 06901234500011" in _rendered("product_name('06901234500011', products)", "things", products={})


def test_a_long_code_is_short_and_can_be_copied_whole() -> None:
    shown = _rendered("code('0x1234567890abcdef')", "things")
    assert re.sub("<[^>]*>", "", shown) == "0x1234567890…"
    assert 'data-copy="0x1234567890abcdef"' in shown


def test_a_refused_field_keeps_what_was_typed_and_says_why_beside_it() -> None:
    refused = {"wrong": "reason", "problem": "请写明原因"}
    field = _rendered("area('reason', '原因', '串<货>')", "forms", **refused)
    assert 'aria-invalid="true" aria-describedby="problem" autofocus' in field
    assert ">串&lt;货&gt;</textarea>" in field
    assert '<span class="refused" role="alert" id="problem">请写明原因</span>' in field
    assert "problem" not in _rendered("input('name', '账号', '何静')", "forms", **refused)
    assert _rendered("error_of_all(('reason',))", "forms", **refused) == ""
    assert "请写明原因" in _rendered("error_of_all(('name',))", "forms", **refused)


def test_no_password_comes_back() -> None:
    assert "value" not in _rendered("input('password', '密码', 'geheim', 'password')", "forms", wrong=None, problem="")

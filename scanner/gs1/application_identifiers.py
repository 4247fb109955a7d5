"""Table of GS1 application identifiers: form, content rules, companions and rivals (GS1 General Specifications 3).

A form is written as in the General Specifications: `N13:check+X..17?` is 13 digits with a check digit, then up to
17 characters that may be missing. N = digits, X = character set 82, Y = character set 39, Z = base64url; a word
after `:` is a rule of `scanner.gs1.content`. `needs` are groups of which one AI each must be on the same thing;
`rivals` must not be.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from scanner.errors import Malformed

ITEM = "01|02|8006|8026"


@dataclass(frozen=True, slots=True)
class Part:
    """One component of a value: its characters, its length, whether it may be missing, and its content rules."""

    charset: str
    shortest: int
    longest: int
    optional: bool
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApplicationIdentifier:
    """One AI; `fixed` AIs need no FNC1 after them."""

    code: str
    parts: tuple[Part, ...]
    needs: tuple[tuple[str, ...], ...]
    rivals: tuple[str, ...]

    @property
    def fixed(self) -> bool:
        """Whether the length is predefined, so that no separator follows (General Specifications, figure 7.8.5-2)."""
        return self.code[:2] in FIXED_LENGTHS


# Characters of AI and value together, by the first two digits of the AI.
FIXED_LENGTHS = {
    "00": 20, "01": 16, "02": 16, "03": 16, "04": 18,
    **{f"{n}": 8 for n in range(11, 21)}, "20": 4,
    **{f"{n}": 10 for n in range(31, 37)}, "41": 16,
}  # fmt: skip

# AIs that share a form stand on one line: codes, form, needs (groups by `;`), rivals.
_ROWS = f"""
00                          N18:check
01                          N14:check                     -             02 255 37
02                          N14:check                     37
03                          N14:check                     21            01 02 37
10                          X..20                         {ITEM}|03
11 13 15 16                 N6:date0                      {ITEM}
12                          N6:date0                      8020
17                          N6:date0                      {ITEM}|255
20                          N2                            {ITEM}
21                          X..20                         01|03|8006    235
22 243 710-717              X..20                         01
235                         X..28                         01
240 241                     X..30                         {ITEM}
242                         N..6                          {ITEM}
250                         X..30                         01|8006;21
251                         X..30                         01|8006
253                         N13:check+X..17?
254                         X..20                         414
255                         N13:check+N..12?              -             01 02 415 8006 8020 8026
30                          N..8                          01|02
310n-316n 320n-329n 350n-352n 356n 357n 360n 361n 364n-366n  N6  01|02   *
330n-336n 340n-349n 353n-355n 362n 363n 367n-369n            N6  00|01   *
337n                        N6                            01            *
37                          N..8                          00;02|8026
390m                        N..15                         255|8020      390n 391n 394n 8111
391m                        N3:currency+N..15             8020          391n
392m                        N..15                         01;30|31nn|32nn|35nn|36nn  392n 393n
393m                        N3:currency+N..15             30|31nn|32nn|35nn|36nn     393n
394q                        N4                            255           394n 8111
395n                        N6                            30|31nn|32nn|35nn|36nn     392n 393n 395n 8005
400                         X..30
401                         X..30:key
402                         N17:check
403                         X..30                         00
410-414 416 417             N13:check
415                         N13:check                     8020
420                         X..20                         -             421
421                         N3:country+X..9               -             4307
422                         N3:country                    {ITEM}        426
423 425                     N..15:countries               01|02         426
424                         N3:country                    01|02         426
426                         N3:country                    01|02
427                         X..3                          01|02;422
4300 4301 4310 4311 4320    X..35:percent                 00
4302 4304-4306 4312 4314-4316 X..70:percent               00
4303                        X..70:percent                 4302
4313                        X..70:percent                 4312
4307 4317                   X2:country_letters            00
4308 4319                   X..30                         00
4309                        N10:latitude+N10:longitude    00
4318                        X..20                         00
4321-4323                   N1:yes_no                     00
4324 4325                   N6:date0+N4:hhmm              00
4326                        N6:date                       00
4330                        N6+X1?:hyphen                 00            4331
4331                        N6+X1?:hyphen                 00            4330
4332                        N6+X1?:hyphen                 00            4333
4333                        N6+X1?:hyphen                 00            4332
7001                        N13                           {ITEM}
7002                        X..30                         01|02
7003                        N6:date+N4:hhmm               01|02
7004                        N..4                          01;10
7005                        X..12                         01|02
7006                        N6:date                       01|02
7007                        N6:date+N6?:date              01|02
7008                        X..3                          01|02
7009                        X..10                         01|02
7010                        X..2                          01|02
7011                        N6:date+N4?:hhmm              01|02
7020                        X..20                         01|8006;416
7021                        X..20                         01|8006
7022                        X..20                         7021
7023                        X..30:key
7030-7039                   N3:processor+X..27            01|02
7040                        N1+X1+X1+X1:importer
7041                        X..4                          00
7230-7239                   X2+X..28                      01|8004
7240                        X..20                         01|8006
7241                        N2:media                      8017|8018
7242                        X..25                         8017|8018
7250                        N8:day                        8018
7251                        N12:minute                    8018
7252                        N1:sex                        8018
7253 7254 7256 7259         X..40:percent                 8017|8018
7255                        X..10:percent                 8017|8018
7257                        X..70:percent                 8018
7258                        X3:position                   8018
8001                        N4:nonzero+N5:nonzero+N3:nonzero+N1:winding+N1  01
8002                        X..20
8003                        N1:zero+N13:check+X..16?
8004                        X..30:key
8005                        N6                            01|02
8006                        N14:check+N4:piece            -             01 37
8007                        X..34:iban                    415
8008                        N8:hour+N..4?:mmss            01|02
8009                        X..50                         00|01
8010                        Y..30:key
8011                        N..12:no_zero                 8010
8012                        X..20                         01|8006
8013                        X..25:pair
8014                        X..25
8017                        N18:check                     -             8018
8018                        N18:check                     -             8017
8019                        N..10                         8017|8018
8020                        X..25                         415
8026                        N14:check+N4:piece            37            02 8006
8030                        Z..90                         00|01|253|255|8003|8004|8006|8010|8017|8018
8110 8112                   X..70
8111                        N4                            255
8200                        X..70                         01
90                          X..30
91-99                       X..90
"""

_PLACES = {"n": 6, "m": 10, "q": 4}  # decimal places an AI may end with: 310n has 0-5, 390m 0-9, 394q 0-3


def find(code: str) -> ApplicationIdentifier | None:
    """The AI with this code, or None when GS1 does not know it."""
    return _table().get(code)


def get(code: str) -> ApplicationIdentifier:
    """The AI with this code; raises Malformed when GS1 does not know it."""
    if (found := find(code)) is None:
        raise Malformed(code or "application identifier", "is not a GS1 application identifier")
    return found


def codes() -> frozenset[str]:
    """All codes of the table."""
    return frozenset(_table())


@cache
def _table() -> dict[str, ApplicationIdentifier]:
    return {found.code: found for row in _ROWS.splitlines() if row.strip() for found in _read(row.split())}


def _read(words: list[str]) -> Iterator[ApplicationIdentifier]:
    at = next(index for index, word in enumerate(words) if word[0] in "NXYZ")
    parts = tuple(_part(text) for text in words[at].split("+"))
    needs = words[at + 1] if len(words) > at + 1 else "-"
    groups = () if needs == "-" else tuple(tuple(group.split("|")) for group in needs.split(";"))
    rivals = tuple(words[at + 2 :])
    for word in words[:at]:
        for family, code in _codes(word):
            own = (family,) if rivals == ("*",) else rivals
            yield ApplicationIdentifier(code, parts, groups, own)


def _codes(word: str) -> Iterator[tuple[str, str]]:
    """(family, code) of `21`, `7030-7039`, `310n` or `310n-316n`."""
    first, _, last = word.partition("-")
    suffix = first[-1] if first[-1] in _PLACES else ""
    low, high = first.removesuffix(suffix), (last or first).removesuffix(suffix)
    for number in range(int(low), int(high) + 1):
        stem = str(number).zfill(len(low))
        for place in range(_PLACES[suffix]) if suffix else ("",):
            yield f"{stem}n", f"{stem}{place}"


def _part(text: str) -> Part:
    shape, _, rule = text.partition(":")
    optional = shape.endswith("?") or rule.endswith("?")
    shape, rule = shape.rstrip("?"), rule.rstrip("?")
    size = shape[1:]
    longest = int(size.removeprefix(".."))
    return Part(shape[0], 1 if size.startswith("..") else longest, longest, optional, (rule,) if rule else ())

"""JSON shapes of identity."""

from typing import Annotated, ClassVar, Literal

from fastapi import Form
from pydantic import AfterValidator, Field

from backend.identity.rules import PartyRole, Standing, UserRole
from backend.web.lists import ListQuery
from backend.web.shapes import Strict
from scanner.gs1.identifiers import Gln


def _gln(text: str) -> str:
    return Gln.parse(text).value


FIELD_MOST = 1_000
"""Characters of a posted field; a password beyond `PASSWORD_MOST` is told so, one beyond this is not even read."""
REASON_READ_MOST = 20_000
"""Characters of a reason that are read, to be given back when they are too many."""
Text = Annotated[str, Form(max_length=FIELD_MOST)]
GlnText = Annotated[str, AfterValidator(_gln), Field(description="GLN of 13 digits")]
Adcode = Annotated[str, Field(pattern=r"^[1-9]\d{5}$", description="GB/T 2260 code of a prefecture, six digits")]


class PartyIn(Strict):
    """A company to enrol."""

    gln: GlnText
    name: str = Field(min_length=1, max_length=200)
    roles: list[PartyRole] = Field(min_length=1)
    adcode: Adcode
    supplier: GlnText | None = None


class PartyList(ListQuery):
    """What a list of parties may be asked: by standing, by role, by words of the name or GLN."""

    sort: Literal["standing", "-standing", "name", "-name", "gln", "-gln"] = "standing"
    standing: Standing | None = None
    role: PartyRole | None = None
    filters: ClassVar[tuple[str, ...]] = ("q", "standing", "role")


class AccountList(ListQuery):
    """What a list of log-ins may be asked: by role, by words of the log-in or company; `made`: one made just now."""

    sort: Literal["account", "-account", "name", "-name", "-login", "login"] = "account"
    role: UserRole | None = None
    made: int | None = Field(default=None, ge=1, le=2**63 - 1)
    filters: ClassVar[tuple[str, ...]] = ("q", "role")


class KeyList(ListQuery):
    """Whose keys are looked at and which page of them; and which others are offered, by words of the name or GLN.

    Parties have files apart.
    """

    sort: Literal["gln", "-gln"] = "gln"
    format: None = None
    party: str = Field(default="", max_length=64)
    keys_page: int = Field(default=1, ge=1, le=1_000_000)
    filters: ClassVar[tuple[str, ...]] = ("party", "q")


class LocationIn(Strict):
    """A place of a party; degrees WGS 84."""

    gln: GlnText
    party: GlnText
    name: str = Field(min_length=1, max_length=200)
    adcode: Adcode
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


Signer = Annotated[str, Field(pattern=r"^0x([0-9a-fA-F]{2}){20,200}$", description="address, or verifier and key")]
Signature = Annotated[str, Field(pattern=r"^0x([0-9a-fA-F]{2}){1,200}$", description="of 64 or 65 bytes")]


class InvitationIn(Strict):
    """A party whose first device is invited."""

    party: GlnText


class JoiningIn(Strict):
    """A device that joins a party, with its own signature over `Join`; 0x and hexadecimal."""

    signer: Signer
    label: str = Field(min_length=1, max_length=200)
    possession: Signature


class ProposalIn(JoiningIn):
    """A device that the brand proposes to a party."""

    party: GlnText


class RedemptionIn(JoiningIn):
    """A party's first device; `signature` is that of its code's key."""

    party: GlnText
    signature: Signature


class AdmissionIn(JoiningIn):
    """A device that another one of the party, `by`, admits with its `signature`."""

    by: Signer
    signature: Signature


class RevocationIn(Strict):
    """A device that another one of the party, `by`, or itself revokes with its `signature` over `Leave`."""

    signer: Signer
    by: Signer
    signature: Signature


class UserIn(Strict):
    """A person who may log in."""

    name: str = Field(min_length=1, max_length=120)
    password: str = Field(max_length=200)
    roles: list[UserRole] = Field(min_length=1)
    party: GlnText | None = None

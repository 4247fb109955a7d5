"""What programs are answered about companies, log-ins and keys."""

from dataclasses import asdict
from uuid import UUID

from pydantic import BaseModel

from backend.identity.rules import DeviceWay, Party, PartyRole, Standing, UserRole
from backend.identity.rules_accounts import Account
from backend.identity.rules_keys import KeyShown, KeyStanding
from backend.identity.rules_sanctions import Sanction, SanctionState
from backend.web.shapes import Moment


class TokenOut(BaseModel):
    """A session's token, for `Authorization: Bearer`."""

    token: str


class ChangedOut(BaseModel):
    """The password is another one now."""

    changed: bool = True


class SanctionOut(BaseModel):
    """A change of a company's standing: who wanted it, who stood for it, and when."""

    id: UUID
    party: str
    standing: Standing
    state: SanctionState
    reason: str
    proposed_by: str | None
    confirmed_by: str | None
    withdrawn_by: str | None
    proposed_at: Moment | None
    confirmed_at: Moment | None
    effective_from: Moment | None
    withdrawn_at: Moment | None
    in_force_at: Moment | None

    @classmethod
    def of(cls, sanction: Sanction, names: dict[int, str]) -> "SanctionOut":
        """A sanction with the names of its people."""
        people = {
            role: names.get(number) if (number := getattr(sanction, role)) else None
            for role in ("proposed_by", "confirmed_by", "withdrawn_by")
        }
        rest = {name: getattr(sanction, name) for name in cls.model_fields if name not in people}
        return cls.model_validate({**rest, **people})


class CompanyOut(BaseModel):
    """A company as it is enrolled."""

    gln: str
    name: str
    roles: list[PartyRole]
    adcode: str
    supplier: str | None
    standing: Standing


class PartyOut(CompanyOut):
    """A company; `waiting` is the change of its standing that waits, if one does."""

    waiting: SanctionOut | None


class PartyHistoryOut(CompanyOut):
    """A company with every change of its standing, the newest first."""

    sanctions: list[SanctionOut]


def of_company(party: Party) -> dict[str, object]:
    """The fields of `CompanyOut`."""
    return {**asdict(party), "roles": sorted(party.roles)}


class LocationOut(BaseModel):
    """A place of a company; degrees WGS 84."""

    gln: str
    party: str
    name: str
    adcode: str
    lat: float
    lon: float


class UserOut(BaseModel):
    """A log-in that was made, and until when its company may stop it."""

    name: str
    roles: list[UserRole]
    party: str | None
    notice_until: Moment | None


class AccountOut(BaseModel):
    """A log-in as administrators see it; `made_by` is the number of a log-in."""

    id: int
    name: str
    roles: list[UserRole]
    party: str | None
    active: bool
    last_login_at: Moment | None
    made_by: int | None
    made_at: Moment | None
    own_since: Moment | None
    vouched_at: Moment | None
    notice_until: Moment | None

    @classmethod
    def of(cls, account: Account) -> "AccountOut":
        """A log-in for programs."""
        return cls(**{name: getattr(account, name) for name in cls.model_fields} | {"roles": sorted(account.roles)})


class KeyOut(BaseModel):
    """A device's key; `fingerprint` is its id on chain as people compare it, `on_chain` the block that holds it."""

    signer: str
    label: str
    way: DeviceWay
    admitted_by: str
    enrolled_at: Moment | None
    state: KeyStanding
    until: Moment | None
    revoked_at: Moment | None
    revoked_by: str
    on_chain: int | None
    has_notice: bool
    fingerprint: str

    @classmethod
    def of(cls, key: KeyShown) -> "KeyOut":
        """A key for programs."""
        return cls(**asdict(key) | {"signer": "0x" + key.signer.hex()}, fingerprint=key.fingerprint)


class ForeignLogInOut(BaseModel):
    """A log-in that somebody outside made for the company."""

    id: int
    name: str
    made_by: str | None
    active: bool
    notice_until: Moment | None

    @classmethod
    def of(cls, account: Account, maker: str | None) -> "ForeignLogInOut":
        """A log-in with the name of its maker."""
        names = ("id", "name", "active", "notice_until")
        return cls(**{name: getattr(account, name) for name in names}, made_by=maker)


class KeysOut(BaseModel):
    """The keys of a company, how many changes of them were refused, and log-ins that were made for it from outside."""

    party: str
    devices: list[KeyOut]
    attempts: int
    log_ins: list[ForeignLogInOut]


class RegisterOut(BaseModel):
    """Where statements about keys count, and the contract that verifies those of browsers' keys."""

    chainId: int
    participants: str
    verifier: str


class InvitationOut(BaseModel):
    """An invitation; its code is shown this once."""

    party: str
    code: str
    invitation: str


class JoinedOut(BaseModel):
    """A device that joins a company."""

    signer: str
    party: str
    label: str


class RevokedOut(BaseModel):
    """A device that was revoked."""

    signer: str
    party: str

"""Written by backend.identity: parties, places, people, sessions, devices, sanctions, and the log of who did what."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Double,
    ForeignKey,
    Identity,
    Index,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from backend.db.base import Moment, append_only, metadata

party = Table(
    "party",
    metadata,
    Column("gln", String(13), primary_key=True),
    Column("name", String, nullable=False),
    Column("roles", ARRAY(String), nullable=False),
    Column("adcode", String(6), nullable=False),
    Column("supplier", String(13), ForeignKey("party.gln")),
    Column("standing", String, nullable=False, server_default="active"),
    Column("enrolled_at", Moment, nullable=False),
    Column("folded", String, Computed("lower(normalize(name, NFKC))", persisted=True), comment="name, to be searched"),
)
Index("ix_party_supplier", party.c.supplier)
Index("ix_party_standing_gln", party.c.standing, party.c.gln)
Index("ix_party_adcode_gln", party.c.adcode, party.c.gln)
Index("ix_party_name_gln", party.c.name, party.c.gln)
Index("ix_party_listed", party.c.standing.desc(), party.c.name, party.c.gln)
Index("ix_party_roles", party.c.roles, postgresql_using="gin")

location = Table(
    "location",
    metadata,
    Column("gln", String(13), primary_key=True),
    Column("party", ForeignKey("party.gln"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("adcode", String(6), nullable=False),
    Column("lat", Double, nullable=False),
    Column("lon", Double, nullable=False),
)

user = Table(
    "app_user",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("password_hash", String, nullable=False),
    Column("roles", ARRAY(String), nullable=False),
    Column("party", ForeignKey("party.gln"), nullable=True),
    Column("active", Boolean, nullable=False, server_default="true"),
    Column("last_login_at", Moment, nullable=True),
    Column(
        "made_by",
        ForeignKey("app_user.id"),
        nullable=True,
        index=True,
        comment="who chose its first password; null: made on the machine itself",
    ),
    Column("made_at", Moment, nullable=True),
    Column("own_since", Moment, nullable=True, comment="when its owner first replaced the password that he was given"),
    Column("vouched_by", ForeignKey("app_user.id"), nullable=True, comment="who says that it is a person of its own"),
    Column("vouched_at", Moment, nullable=True),
    Column("notice_until", Moment, nullable=True, comment="made for its party from outside: changes no keys before"),
    Column("folded", String, Computed("lower(normalize(name, NFKC))", persisted=True), comment="name, to be searched"),
    CheckConstraint("vouched_by <> made_by and vouched_by <> id", name="vouched_by_another"),
)

Index("ix_app_user_roles", user.c.roles, postgresql_using="gin")
Index("ix_app_user_party", user.c.party)
Index("ix_app_user_listed", user.c.active.desc(), user.c.party.nulls_first(), user.c.name)
Index("ix_app_user_last_login_at", user.c.last_login_at.nulls_first(), user.c.id)

login_session = Table(
    "login_session",
    metadata,
    Column("token_hash", BYTEA, primary_key=True),
    Column("user", ForeignKey("app_user.id"), nullable=False, index=True),
    Column("expires_at", Moment, nullable=False),
)

known_browser = Table(
    "known_browser",
    metadata,
    Column("token_hash", BYTEA, primary_key=True, comment="sha256 of the browser's lasting cookie"),
    Column("user", ForeignKey("app_user.id"), primary_key=True, index=True),
    Column("seen_at", Moment, nullable=False),
)

device = Table(
    "device",
    metadata,
    Column("signer", BYTEA, primary_key=True),
    Column("party", ForeignKey("party.gln"), nullable=False, index=True),
    Column("label", String, nullable=False),
    Column("enrolled_at", Moment, nullable=False),
    Column("revoked_at", Moment, nullable=True),
    Column("way", String, nullable=False, comment="invitation, admission, proposal; witness: of a party without roles"),
    Column("waits", Boolean, nullable=False, comment="counts only when its notice has passed on chain"),
    Column("since", Moment, nullable=True, comment="when the notice ends, known when the chain shows the key"),
    Column("silenced_by", String, nullable=True, comment="brand or party; who the brand silenced may still stop keys"),
)

key_change = Table(
    "key_change",
    metadata,
    Column(
        "seq",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        server_default=text("nextval('anchor_seq_seq')"),
        comment="one order with the captures of table anchor: nothing said after it reaches the chain before it",
    ),
    Column("key", String(collation="C"), nullable=False, unique=True, comment="of the intent that carries it"),
    Column("kind", String, nullable=False, comment="invite, redeem, admit, propose, revoke or standing"),
    Column("party", ForeignKey("party.gln"), nullable=False, index=True),
    Column("signer", BYTEA, nullable=True, comment="the device that joins or leaves"),
    Column("by", BYTEA, nullable=True, comment="the invitation's address or the device that says so; null: the brand"),
    Column("possession", BYTEA, nullable=True, comment="the joining device's signature"),
    Column("signature", BYTEA, nullable=True, comment="of who says so"),
    Column("standing", String, nullable=True),
    Column("person", String, nullable=True, comment="who asked at our desk, by log-in"),
    Column("at", Moment, nullable=False),
)
append_only(key_change)

key_attempt = Table(
    "key_attempt",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("party", String(13), nullable=False, index=True, comment="whose keys somebody tried to change"),
    Column("kind", String, nullable=False, comment="of the change that was asked for"),
    Column("reason", String, nullable=False, comment="name of the refusal"),
    Column("message", String, nullable=False),
    Column("details", JSONB, nullable=False),
    Column("person", String, nullable=True),
    Column("at", Moment, nullable=False),
)
append_only(key_attempt)
sanction = Table(
    "sanction",
    metadata,
    Column("id", Uuid, primary_key=True, comment="chosen by whoever asks: asked again it is the same"),
    Column("party", ForeignKey("party.gln"), nullable=False, index=True),
    Column("standing", String, nullable=False, comment="what the party is to be: active, suspended, revoked"),
    Column("reason", String, nullable=False),
    Column("state", String, nullable=False, comment="proposed, confirmed, in_force or withdrawn"),
    Column("proposed_by", ForeignKey("app_user.id"), nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("confirmed_by", ForeignKey("app_user.id"), nullable=True),
    Column("confirmed_at", Moment, nullable=True),
    Column("effective_from", Moment, nullable=True, comment="earliest effect: the chain's own time once it is known"),
    Column("withdrawn_by", ForeignKey("app_user.id"), nullable=True),
    Column("withdrawn_at", Moment, nullable=True),
    Column("in_force_at", Moment, nullable=True, comment="when our books changed"),
    CheckConstraint("standing in ('active', 'suspended', 'revoked')", name="standing_known"),
    CheckConstraint("state in ('proposed', 'confirmed', 'in_force', 'withdrawn')", name="state_known"),
    CheckConstraint("confirmed_by <> proposed_by", name="two_people"),
    CheckConstraint("state not in ('confirmed', 'in_force') or confirmed_by is not null", name="confirmed_by_somebody"),
)
Index(
    "uq_sanction_party_open",
    sanction.c.party,
    unique=True,
    postgresql_where=text("state in ('proposed', 'confirmed')"),
)

identity_log = Table(
    "identity_log",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("by", ForeignKey("app_user.id"), nullable=True, comment="null: the product itself, when a time had come"),
    Column("action", String, nullable=False),
    Column("party", ForeignKey("party.gln"), nullable=True, index=True),
    Column("user", ForeignKey("app_user.id"), nullable=True, index=True, comment="whose log-in it is about"),
    Column("sanction", ForeignKey("sanction.id"), nullable=True, index=True),
    Column("record", JSONB, nullable=True, comment="what the evidence log keeps of it, for good"),
    Column("evidence", BYTEA, nullable=True, unique=True, comment="sha256 of the record's canonical bytes"),
)
append_only(identity_log)

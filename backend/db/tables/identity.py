"""Written by backend.identity: parties, places, people, sessions, devices."""

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Identity, Index, String, Table
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

from backend.db.base import Moment, metadata

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
)
Index("ix_party_supplier", party.c.supplier)

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
)

login_session = Table(
    "login_session",
    metadata,
    Column("token_hash", BYTEA, primary_key=True),
    Column("user", ForeignKey("app_user.id"), nullable=False),
    Column("expires_at", Moment, nullable=False),
)

device = Table(
    "device",
    metadata,
    Column("signer", BYTEA, primary_key=True),
    Column("party", ForeignKey("party.gln"), nullable=False, index=True),
    Column("label", String, nullable=False),
    Column("enrolled_at", Moment, nullable=False),
    Column("revoked_at", Moment, nullable=True),
)

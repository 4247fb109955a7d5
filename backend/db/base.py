"""The product's metadata. One PostgreSQL; the mirror keeps its own metadata in its own schema."""

from datetime import datetime

from sqlalchemy import DateTime, MetaData
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

Moment: TypeEngine[datetime] = DateTime(timezone=True)
"""Column type of every time; always with zone."""

Json = dict[str, object]

"""Read-views of the record of units: which things are known by name."""

from sqlalchemy import select

from backend.db.tables.units import unit_custody

known_unit = select(unit_custody.c.unit).subquery("known_unit")

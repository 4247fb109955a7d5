"""Read-views of the record of units: which things are known by name, and which captures were declared errors."""

from sqlalchemy import select

from backend.db.tables.units import correction, unit_custody

known_unit = select(unit_custody.c.unit).subquery("known_unit")
corrected = select(correction.c.voided, correction.c.declaration).subquery("corrected")

"""Tables of units that captures alone give."""

from backend.db.tables import units

TABLES = (
    units.unit_custody,
    units.unit_step,
    units.unnamed_sale,
    units.correction,
    units.delivery,
    units.delivered_unit,
    units.objection,
    units.told_unit,
    units.told_name,
    units.told_shipment,
    units.told_error,
    units.unit_finding,
    units.withdrawn_finding,
)
HIDDEN = (units.unit_opening,)
"""Openings are no captures: a bottle that was opened since was not when it moved."""

"""Read-views of risk: what a queue of alerts is ordered by, and where goods turned up."""

from sqlalchemy import select

from backend.db.tables.risk import alert

_A = alert.c
raised = select(_A.id, _A.dealer, _A.kind, _A.opened_at, _A.score_hundredths).subquery("raised_alert")
placed = select(_A.dealer, _A.kind, _A.places).subquery("placed_alert")

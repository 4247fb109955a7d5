"""Read-views of catalog: which code run a bottle or a case came from."""

from sqlalchemy import select

from backend.db.tables.catalog import case, code_run, unit

run_of_batch = select(code_run.c.id, code_run.c.gtin, code_run.c.batch).subquery("run_of_batch")
coded_bottle = select(unit.c.gtin, unit.c.serial, unit.c.run).subquery("coded_bottle")
coded_case = select(case.c.sscc, case.c.run).subquery("coded_case")

"""PostgreSQL: engine, tables by writer, migrations, and the embedded server."""

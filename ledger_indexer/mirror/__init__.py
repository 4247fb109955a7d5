"""The mirror in PostgreSQL: written, read as of one moment, and asked."""

"""What stores may read of other capabilities' tables: named columns, and nothing else. Only the owner writes.

A store imports its own tables from `backend.db.tables` and everybody else's from here (an import contract checks it).
What is listed here is a promise to others.
"""

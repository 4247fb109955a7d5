"""What ends an audit."""


class Difference(Exception):
    """Mirror and chain disagree; the words name block, transaction and row."""

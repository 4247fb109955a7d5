"""The risk engine: which dealer's bottles surface where they should not, and how sure we are."""

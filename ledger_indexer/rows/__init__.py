"""The mirror's tables, and how logs become their rows and balances."""

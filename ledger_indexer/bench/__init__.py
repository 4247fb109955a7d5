"""How fast the indexer is: on a throw-away chain and a throw-away database, beside a baseline and the bare limits."""

"""What a consumer is told about a bottle, and what consumers tell us."""

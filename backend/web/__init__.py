"""What every page and endpoint shares: transactions, time, rendering, refusals."""

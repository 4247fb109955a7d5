"""From alert to case: people take alerts in turn, look at all evidence on one screen, and decide with a reason."""

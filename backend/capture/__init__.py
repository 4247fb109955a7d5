"""Takes in what devices say: signed EPCIS events, kept for ever as their canonical bytes."""

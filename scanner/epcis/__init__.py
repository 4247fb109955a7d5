"""EPCIS 2.0 events: read, checked, written canonically, hashed."""

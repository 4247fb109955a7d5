"""GS1 identifiers, element strings and Digital Links: parsed at the door into values that cannot be wrong."""

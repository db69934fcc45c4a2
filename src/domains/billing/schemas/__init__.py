"""What billing takes and gives over the wire."""

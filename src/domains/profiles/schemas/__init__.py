"""What profiles send and take over the wire, by topic."""

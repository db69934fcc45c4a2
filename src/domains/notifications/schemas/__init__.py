"""Wire bodies of notifications."""

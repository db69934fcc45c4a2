"""Commands and queries of notifications."""

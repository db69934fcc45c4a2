"""Commands and queries of profiles, by topic."""

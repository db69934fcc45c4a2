"""Every SQL statement of profiles, by topic. Each function is one round trip."""

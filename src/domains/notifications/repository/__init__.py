"""SQL of notifications. Each function is one round trip."""

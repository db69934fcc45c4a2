"""The business, one package per domain. Calls go down, facts climb up."""

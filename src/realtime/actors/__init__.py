"""The actors: one module each."""

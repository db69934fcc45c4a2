"""REST of identity, one module per topic."""

"""Ways out of the house, one outside service each. The only importers of their libraries."""

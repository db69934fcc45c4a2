"""One outside payment provider each, and the fake one that needs nothing. The only importers of their libraries."""

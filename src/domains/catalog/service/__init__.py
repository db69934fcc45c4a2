"""Commands of the catalog, one module a subject."""

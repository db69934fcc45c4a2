"""What the catalog says over the wire, one module a subject."""

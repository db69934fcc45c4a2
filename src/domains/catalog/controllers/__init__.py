"""The catalog over REST, one module a subject."""

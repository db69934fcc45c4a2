"""Outside libraries and services of identity, one module each."""

"""One module per command. Invariant: a command parses, calls the front door of a domain or part, and prints."""

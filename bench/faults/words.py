"""What processes say when they have begun; in a module that costs nothing to import."""

LISTENS = "Lyceum listens on"
WORKS = "works on background jobs"

"""The one error that embedded services raise: a single line that tells a person what to do."""


class EmbeddedError(Exception):
    """One line for a person; the command line prints it without a traceback."""

"""Hearts of a session. At none left, learning goes on."""

HEARTS = 5
"""At the start of a session. A wrong answer costs one, unless they are unlimited."""

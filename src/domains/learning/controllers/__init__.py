"""Learning over REST."""

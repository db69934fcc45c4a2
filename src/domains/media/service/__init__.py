"""Commands and questions of media, by topic."""

"""Rules of media: what is taken, for what, how much of it, and what may be seen of it. Pure."""

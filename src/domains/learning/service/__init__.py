"""Commands of learning: enrol, begin a session, answer, complete."""

"""Gamification over REST, by topic."""

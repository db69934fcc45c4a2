"""Rules of notifications, pure: what kinds there are, where and when a person is told, and how often at most."""

"""The rules of learning, pure: what a session asks, when an item is due, how hearts fall. Time and chance are passed
in."""

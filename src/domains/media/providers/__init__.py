"""What media stands on: storages, a virus scanner, and the readers of pictures and sound."""

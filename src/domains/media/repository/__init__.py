"""SQL of media, by table."""

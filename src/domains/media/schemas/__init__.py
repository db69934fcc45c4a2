"""What media send and take over the wire."""

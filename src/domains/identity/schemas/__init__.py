"""What goes over the wire, one module per topic."""

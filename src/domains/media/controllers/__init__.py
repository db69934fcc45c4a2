"""Media over HTTP: one's own files and uploads, and what is handed out at /media."""

"""Composition root: knows every part of the house and is imported by none."""

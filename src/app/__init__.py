"""Composition root: knows every part of the house and is imported by none."""

import gc

# What is imported stays. To look through it for garbage again and again would be a fifth of the start of each process.
gc.set_threshold(200_000, 50, 50)

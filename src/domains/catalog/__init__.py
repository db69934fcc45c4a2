"""Courses: sections, units, lessons and exercises, their published revisions, and how an exercise is graded.

Owns what is taught and what counts as right. Does not own who learns it, what they answered, or what it earns.
"""

"""Learners who use a running server as anybody could: over public REST and Socket.IO, and nothing else.

What they know of Spanish is in the course that ships with Lyceum; no server ever tells a solution.
"""

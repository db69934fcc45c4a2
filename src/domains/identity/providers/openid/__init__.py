"""OpenID Connect, from the side of who relies on it.

Decision: a small flow of our own over httpx, with PyJWT for the tokens.
Context: httpx-oauth looks providers up synchronously while it is constructed and verifies neither token nor nonce, so
it would save two requests of the five; Authlib brings a session for each framework, and another HTTP library.
Consequence: what is sent and what is checked stands in this package, in two hundred lines.
"""

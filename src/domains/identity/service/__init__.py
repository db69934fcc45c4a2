"""Commands of identity: create and recognise people, open and end their login sessions, keep the signing keys."""

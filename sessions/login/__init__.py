"""Logging in, inside the session's own worker: same address, device and key as later."""

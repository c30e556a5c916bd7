"""The control API: the verbs of both worlds over HTTP, and typed clients for them."""

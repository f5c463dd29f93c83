"""Idempotency keys: a request that is sent again with the same key gets the first answer and does nothing.

keys   what a key may be, which row it stands for, what counts as the same request (pure)
seal   the kept answer, readable only to whoever knows the key (pure)
store  the rows, inside the caller's transaction

How the API uses them is in cumulo/api/wsgi/once.py.
"""

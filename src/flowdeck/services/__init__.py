"""Use cases that span several collaborators. They know nothing of HTTP: other front doors call them too.

A use case that is more than one transaction opens them itself; it takes the scope instead of a transaction.
"""

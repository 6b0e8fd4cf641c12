"""Providers of models: a package each, with what is known of it in `__init__.py` and its client beside."""

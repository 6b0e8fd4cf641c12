"""Modules of users that cannot be imported."""

"""Alembic's migrations. `upgrade` brings a database to this version's schema."""

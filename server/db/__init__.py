"""Persistence: one SQLite file a tenant, opened lazily, migrated by numbered SQL."""

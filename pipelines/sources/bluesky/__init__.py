"""Bluesky's records and views as canonical events."""

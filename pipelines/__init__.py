"""Rapport: what an account's presence on X, Bluesky and Mastodon is really worth."""

__version__ = "0.1.0"

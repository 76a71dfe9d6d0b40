"""Mastodon's statuses and activities as canonical events."""

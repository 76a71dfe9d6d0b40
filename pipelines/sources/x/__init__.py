"""The payloads of the X API, v1.1 and v2, as canonical events."""

"""What live sources have in common: pauses, gaps, threads that hand over, HTTP, and when to look again."""

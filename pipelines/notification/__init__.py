"""Who is told what, when, and in which words: alerts on their way to people."""

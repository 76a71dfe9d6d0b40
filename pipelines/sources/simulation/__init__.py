"""The world behind the source `simulator`: a business, its audience, and the truth about both."""

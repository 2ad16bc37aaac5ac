"""Landing, proven."""

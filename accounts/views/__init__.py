"""Pages about one's own account that the library does not have."""

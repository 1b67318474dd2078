"""The home page: what waits for a person, how orders stand, what is stuck."""

"""Is the background work alive?"""

"""What was said to the carrier is kept with its order, bounded and without secrets."""

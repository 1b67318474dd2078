"""What staff type in: errors name the field, and bad rows are never lost."""

"""The help for carrier codes, which staff may edit."""

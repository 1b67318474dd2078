"""Bandwidth as plain Python: no Django in here."""

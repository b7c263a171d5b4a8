"""Watches: where aliases stand in a text, and whether each is meant."""

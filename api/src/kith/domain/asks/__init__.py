"""Asks: which words are an open question or a request, and whether somebody answered."""

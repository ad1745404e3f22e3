"""Anything that is iterable."""

"""Iterables as sources."""

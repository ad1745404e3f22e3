"""Reads the body of an HTTP response as events."""

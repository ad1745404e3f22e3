"""Bytes of an HTTP response as events."""

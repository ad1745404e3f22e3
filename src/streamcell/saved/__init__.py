"""Writes the Markdown that notebooks save; nothing else does."""

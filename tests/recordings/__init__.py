"""Recordings: written, read, played, and used for whole notebooks."""

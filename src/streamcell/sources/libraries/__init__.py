"""Streams of other libraries: what they hand out, their chunks, and their errors. None of them is imported here."""

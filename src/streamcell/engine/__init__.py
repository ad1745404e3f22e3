"""Carries out what the session decides: the streams' thread, each stream, its handle and its log."""

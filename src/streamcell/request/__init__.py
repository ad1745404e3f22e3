"""The request: validated, copied, and independent of any provider's API. Pure."""

"""What is asked: validated, copied, in no provider's dialect. Pure."""

"""What an answer is and what becomes of it. Pure."""

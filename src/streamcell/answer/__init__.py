"""The answer: its data, its states and its rules. Pure."""

"""The only writer of saved Markdown."""

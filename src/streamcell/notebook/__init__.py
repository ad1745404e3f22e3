"""The widget, the output that it leaves, and the notebook around them."""

"""The messages between the kernel and its pages."""

"""What passes between the kernel and its pages."""

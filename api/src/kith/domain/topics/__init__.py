"""What people talk about: from channels, areas, subjects and text, by counting alone."""

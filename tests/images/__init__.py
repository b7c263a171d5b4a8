"""Images, built and started without a container engine: ``make images``."""

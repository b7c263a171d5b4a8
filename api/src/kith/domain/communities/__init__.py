"""Communities: detected, nested, overlapping, followed through time, named, and their health."""

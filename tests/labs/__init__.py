"""Real servers of others, on loopback: what the connectors are proved on. `make labs` runs all of them."""

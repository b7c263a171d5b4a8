"""``kith evaluate``: the production models on files with known truth."""

"""A look at a whole workspace: its topics, its communities, and for each its people, roles, health and map."""

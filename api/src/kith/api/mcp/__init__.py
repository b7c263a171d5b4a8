"""The door for agents (Model Context Protocol): tools made from the reads of the API, and called as those are."""

"""The scopes of tokens: one table, from which guards, the OpenAPI document and the docs are made."""

SCOPES = {
    "people:read": "Read people and their timelines.",
    "people:write": "Correct people, join them, and take that back.",
    "people:contact:read": "See e-mail addresses and telephone numbers.",
    "identities:read": "Read identities, and what was decided and is suggested on them.",
    "identities:write": "Decide which identities are one person, and what stands behind each.",
    "organizations:read": "Read organizations and affiliations.",
    "organizations:write": "Create, change and delete organizations and affiliations.",
    "channels:read": "Read channels.",
    "conversations:read": "Read conversations.",
    "interactions:read": "Read and search interactions.",
    "relationships:read": "Read relationships and what they rest on.",
    "communities:read": "Read communities, roles, and who belongs where.",
    "communities:write": "Declare and change communities, and start detections.",
    "topics:read": "Read what people talk about.",
    "groups:read": "Read groups and who is in them.",
    "groups:write": "Create, change and delete groups.",
    "connectors:read": "Read what connectors there are.",
    "sources:read": "Read sources, their runs and their coverage.",
    "sources:write": "Create, change, pause, run and delete sources.",
    "sources:anywhere:read": "Have sources read any file and address that kith's own account can reach.",
    "events:read": "Read what happened in kith.",
    "jobs:read": "Read background jobs.",
    "jobs:write": "Cancel background jobs.",
}
"""Every scope, with what it allows. The application refuses to start when a route asks for another."""

"""The four questions of the README, asked with a client that openapi-python-client generated.

Arguments: an issuer and a token. It prints what it found.
"""

import json
import sys

from client import AuthenticatedClient  # type: ignore[import-not-found]  # generated
from client.api.communities import list_communities, list_community_roles  # type: ignore[import-not-found]  # generated
from client.api.people import list_relationships_of_person  # type: ignore[import-not-found]  # generated
from client.api.relationships import get_relationship  # type: ignore[import-not-found]  # generated
from client.models import ListCommunityRolesRole  # type: ignore[import-not-found]  # generated

issuer, token = sys.argv[1:]
with AuthenticatedClient(issuer, token) as kith:
    community = list_communities.sync(client=kith, level=0, limit=20).data[0]
    connector = ListCommunityRolesRole.CONNECTOR
    roles = list_community_roles.sync(community.id, client=kith, role=connector, limit=3)
    person = roles.data[0].person
    close = list_relationships_of_person.sync(person.id, client=kith, limit=3)
    why = get_relationship.sync(person.id, close.data[0].other.id, client=kith)
    missing = get_relationship.sync(person.id, person.id, client=kith)
parts = sum(part.log_odds for part in why.contributions)
found = {
    "community": community.name, "size": community.size, "connector": person.name, "closest": why.other.name,
    "strength": why.strength, "sum": why.model.intercept + why.hidden.log_odds + parts, "log_odds": why.log_odds,
    "problem": missing.code,
}  # fmt: skip
print(json.dumps(found))

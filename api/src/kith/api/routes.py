"""The registry: every route that the OpenAPI document describes, in its order."""

from litestar.handlers import HTTPRouteHandler

from kith.api.affiliations.routes import ROUTES as AFFILIATIONS
from kith.api.apps.routes import ROUTES as APPS
from kith.api.asks.routes import ROUTES as ASKS
from kith.api.attraction.routes import ROUTES as ATTRACTION
from kith.api.attributes.routes import ROUTES as ATTRIBUTES
from kith.api.audit.routes import ROUTES as AUDIT
from kith.api.batches.routes import ROUTES as BATCHES
from kith.api.channels.meeting import ROUTES as MEETING
from kith.api.channels.routes import ROUTES as CHANNELS
from kith.api.communities.routes import ROUTES as COMMUNITIES
from kith.api.connectors.routes import ROUTES as CONNECTORS
from kith.api.consents.routes import ROUTES as CONSENTS
from kith.api.conversations.routes import ROUTES as CONVERSATIONS
from kith.api.data_reports.routes import ROUTES as DATA_REPORTS
from kith.api.decisions.routes import ROUTES as DECISIONS
from kith.api.dialogue.routes import ROUTES as DIALOGUE
from kith.api.erasures.routes import ROUTES as ERASURES
from kith.api.events.routes import ROUTES as EVENTS
from kith.api.exports.routes import ROUTES as EXPORTS
from kith.api.grants.routes import ROUTES as GRANTS
from kith.api.groups.routes import ROUTES as GROUPS
from kith.api.health.routes import ROUTES as HEALTH
from kith.api.http import problems
from kith.api.identities.routes import ROUTES as IDENTITIES
from kith.api.imports.routes import ROUTES as IMPORTS
from kith.api.interactions.routes import ROUTES as INTERACTIONS
from kith.api.invitations.routes import ROUTES as INVITATIONS
from kith.api.jobs.routes import ROUTES as JOBS
from kith.api.me.routes import ROUTES as ME
from kith.api.members.routes import ROUTES as MEMBERS
from kith.api.mentions.routes import ROUTES as MENTIONS
from kith.api.merges.routes import ROUTES as MERGES
from kith.api.notes.routes import ROUTES as NOTES
from kith.api.objections.routes import ROUTES as OBJECTIONS
from kith.api.organizations.routes import ROUTES as ORGANIZATIONS
from kith.api.people.routes import ROUTES as PEOPLE
from kith.api.presence.routes import ROUTES as PRESENCE
from kith.api.providers.routes import ROUTES as PROVIDERS
from kith.api.relationships.routes import ROUTES as RELATIONSHIPS
from kith.api.resolution.routes import ROUTES as RESOLUTION
from kith.api.rights.routes import ROUTES as RIGHTS
from kith.api.runs.routes import ROUTES as RUNS
from kith.api.search.routes import ROUTES as SEARCH
from kith.api.sources.routes import ROUTES as SOURCES
from kith.api.suggestions.routes import ROUTES as SUGGESTIONS
from kith.api.tokens.routes import ROUTES as TOKENS
from kith.api.topics.routes import ROUTES as TOPICS
from kith.api.uploads.routes import ROUTES as UPLOADS
from kith.api.watches.routes import ROUTES as WATCHES
from kith.api.webhooks.routes import ROUTES as WEBHOOKS
from kith.api.workspaces.routes import ROUTES as WORKSPACES

ROUTES: list[HTTPRouteHandler] = [
    *SEARCH,
    *PEOPLE,
    *MERGES,
    *AFFILIATIONS,
    *IDENTITIES,
    *SUGGESTIONS,
    *DECISIONS,
    *RESOLUTION,
    *ORGANIZATIONS,
    *CHANNELS,
    *CONVERSATIONS,
    *INTERACTIONS,
    *BATCHES,
    *ASKS,
    *WATCHES,
    *MENTIONS,
    *PRESENCE,
    *DIALOGUE,
    *ATTRACTION,
    *MEETING,
    *RELATIONSHIPS,
    *NOTES,
    *ATTRIBUTES,
    *ERASURES,
    *OBJECTIONS,
    *CONSENTS,
    *DATA_REPORTS,
    *RIGHTS,
    *GROUPS,
    *COMMUNITIES,
    *TOPICS,
    *CONNECTORS,
    *SOURCES,
    *PROVIDERS,
    *UPLOADS,
    *IMPORTS,
    *EXPORTS,
    *RUNS,
    *JOBS,
    *EVENTS,
    *WEBHOOKS,
    *APPS,
    *GRANTS,
    *TOKENS,
    *AUDIT,
    *WORKSPACES,
    *ME,
    *MEMBERS,
    *INVITATIONS,
    *HEALTH,
    problems.get_problem_kind,
]

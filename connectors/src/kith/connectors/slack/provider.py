"""How Slack lets apps in, by its own documents: without a code challenge, and with commas between scopes."""

from kith.connectors import Provider, ScopeNeeded

SLACK = Provider(
    name="slack",
    title="Slack",
    authorize="{site}/oauth/v2/authorize",
    exchange="{site}/api/oauth.v2.access",
    site="https://slack.com",
    site_setting="api",
    separator=",",
    pkce=False,
    scopes=(
        ScopeNeeded("channels:read", "Which public channels there are, and who is in them."),
        ScopeNeeded("channels:history", "Messages of public channels, with their threads and reactions."),
        ScopeNeeded("users:read", "Who people are."),
        ScopeNeeded("users:read.email", "Their addresses, by which they are found on other networks."),
        ScopeNeeded("groups:read", "Which private channels there are.", "private"),
        ScopeNeeded("groups:history", "Messages of private channels.", "private"),
        ScopeNeeded("im:read", "Which direct conversations there are.", "direct"),
        ScopeNeeded("im:history", "Messages of direct conversations.", "direct"),
        ScopeNeeded("mpim:read", "Which conversations of a few people there are.", "direct"),
        ScopeNeeded("mpim:history", "Messages of conversations of a few people.", "direct"),
    ),
    docs="https://docs.slack.dev/authentication/installing-with-oauth",
)

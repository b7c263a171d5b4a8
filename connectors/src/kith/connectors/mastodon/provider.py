"""How servers that speak Mastodon's API let apps in: each registers apps by itself."""

from kith.connectors import Provider, ScopeNeeded

MASTODON = Provider(
    name="mastodon",
    title="Mastodon",
    authorize="{site}/oauth/authorize",
    exchange="{site}/oauth/token",
    site_setting="server",
    register="{site}/api/v1/apps",
    registers_as="mastodon",
    scopes=(
        ScopeNeeded("read:accounts", "Accounts, who follows them, and whom they follow."),
        ScopeNeeded("read:statuses", "Posts, what they answer, who shares and who likes them."),
    ),
    docs="https://docs.joinmastodon.org/client/token/",
)

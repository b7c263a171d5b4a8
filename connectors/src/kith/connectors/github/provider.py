"""How GitHub lets apps in, by its own documents."""

from kith.connectors import Provider, ScopeNeeded

GITHUB = Provider(
    name="github",
    title="GitHub",
    authorize="{site}/login/oauth/authorize",
    exchange="{site}/login/oauth/access_token",
    site="https://github.com",
    site_setting="api",
    sites=(("https://api.github.com", "https://github.com"),),
    scopes=(
        ScopeNeeded(
            "repo",
            "Issues, pull requests and reviews of private repositories: no smaller scope shows them. A GitHub App has "
            "rights of its own, and ignores it.",
        ),
    ),
    docs="https://docs.github.com/en/apps/oauth-apps/building-oauth-apps",
)

"""How GitLab lets apps in, by its own documents."""

from kith.connectors import Provider, ScopeNeeded

GITLAB = Provider(
    name="gitlab",
    title="GitLab",
    authorize="{site}/oauth/authorize",
    exchange="{site}/oauth/token",
    site="https://gitlab.com",
    site_setting="site",
    scopes=(ScopeNeeded("read_api", "Issues, merge requests, discussions and approvals of projects."),),
    docs="https://docs.gitlab.com/integration/oauth_provider/",
)

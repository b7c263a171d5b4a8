"""Employers: which addresses speak for an organization."""

from kith.domain.matching.addresses import organization_domain, parse_address

# Where anybody may have an account; an address there says nothing of who pays the bearer.
_SOCIAL = frozenset(
    """
    facebook.com fb.com instagram.com twitter.com x.com t.me telegram.org linkedin.com reddit.com tumblr.com
    pinterest.com tiktok.com youtube.com discord.com discordapp.com slack.com bsky.app bsky.social threads.net
    mastodon.social mastodon.online fosstodon.org hachyderm.io matrix.org github.com github.io gitlab.com gitlab.io
    bitbucket.org codeberg.org sourceforge.net users.sf.net launchpad.net medium.com substack.com wordpress.com
    blogspot.com about.me keybase.io gravatar.com stackoverflow.com quora.com vk.com weibo.com wechat.com line.me
    googlegroups.com groups.io yahoogroups.com privaterelay.appleid.com
    """.split()  # noqa: SIM905 -- a list of words reads better so
)


def employer_domain(address: str) -> str | None:
    """Return the domain of the organization that an address may speak for; None for free mail and social networks.

    ``jane@cs.ox.ac.uk`` gives ``ox.ac.uk``.
    """
    parsed = parse_address(address)
    if parsed is None or parsed.kind not in ("mailbox", "shared"):
        return None
    domain = organization_domain(parsed.domain)
    return None if not domain or domain in _SOCIAL or parsed.domain in _SOCIAL else domain

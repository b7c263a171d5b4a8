"""Words that mean something to identity resolution, whatever the community."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Titles around a name.
HONORIFICS = _words("""
    mr mrs ms miss dr prof professor sir phd md msc bsc jr sr ii iii iv esq emeritus dipl ing mag herr frau
""")

# Names of nobody, squashed.
NOBODY = _words("""
    unknown root none null nobody noname anonymous admin administrator user username me myself ubuntu debian
    test tester default owner guest system localhost dad mom name yourname firstname lastname firstnamelastname
    author committer developer git github vagrant ec2user pi docker jenkins student nan undefined somebody
    someone
""")

# Labels below a country under which owners register: ``ac.uk``.
SECOND_LEVEL = _words("ac co com edu gov net org or ne go gob gouv")


def _groups(text: str) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, group in enumerate(text.replace("\n", "|").split("|")):
        for word in group.split():
            found.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


# Forms of one given name: each word with the groups that it is in.
NICKNAMES = _groups("""
    alexander alex sasha sascha alexandre alexey alexei aleksander oleksandr | abigail abby | andreas andi
    anthony tony | andrew andy drew | antonio tonio toni | arthur art | barbara barb | benjamin ben benny
    catherine kathryn katherine kathy cathy kate katie | charles charlie chuck chas carlos
    christopher christian christoph christoffer chris | clifford cliff | daniel dan danny | david dave davy
    dimitri dmitry dmitri dima | donald don | dorothy dot | douglas doug | edward eddie ed ted ned
    elizabeth liz beth betty lisa | emanuel manuel manu | eugene gene evgeny evgeni yevgeny zhenya | francis frank
    francisco paco pancho | frederick fred fritz | friedrich fritz | gerald gerry jerry | gregory greg
    harold harry hal | henry hank harry | jacob jake | james jim jimmy jamie | jeffrey jeff | johannes hannes
    john jack johnny jon | jonathan jon johnny | jose pepe | joseph joe joey josef | joshua josh | juergen jurgen
    kenneth ken kenny | lawrence larry | leonard len lenny | margaret maggie meg peggy | maria mary
    matthew matthias matt mat | maximilian max | michael mike mick | mikhail misha | nathaniel nathan nat nate
    nicholas nick nico nikolai | patricia patrick pat trish | peter pete | philip phil | randall randy | raymond ray
    rebecca becky | richard rick dick rich | robert bob rob bobby bert | ronald ron ronnie | russell russ
    samuel sam sammy | sebastian seb basti | sergey serge sergei | stanley stan | stephen steve steven stefan
    susan sue suzanne | theodore ted theo | thomas tom tommy | timothy tim | tobias tobi | ulrich uli | victor vic
    vincent vince vinny | vladimir vova | walter walt | wilhelm willi | william bill will billy liam | wolfgang wolf
    zachary zach zack
""")

# Where anybody may have an account; an address there says nothing of who pays the bearer.
SOCIAL = frozenset(
    """
    facebook.com fb.com instagram.com twitter.com x.com t.me telegram.org linkedin.com reddit.com tumblr.com
    pinterest.com tiktok.com youtube.com discord.com discordapp.com slack.com bsky.app bsky.social threads.net
    mastodon.social mastodon.online fosstodon.org hachyderm.io matrix.org github.com github.io gitlab.com gitlab.io
    bitbucket.org codeberg.org sourceforge.net users.sf.net launchpad.net medium.com substack.com wordpress.com
    blogspot.com about.me keybase.io gravatar.com stackoverflow.com quora.com vk.com weibo.com wechat.com line.me
    googlegroups.com groups.io yahoogroups.com privaterelay.appleid.com
    """.split()  # noqa: SIM905 -- a list of words reads better so
)

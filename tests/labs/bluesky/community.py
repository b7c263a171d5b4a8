"""What some people do on the network: the script that the tests play, and the truth about it."""

from typing import Any

from tests.labs.bluesky.server import Network, Person, Post
from tests.labs.recordings import Act

NAMES = ("ada", "ben", "chi", "dov", "eve", "fay", "gus", "rob")


class Truth:
    """The people, what they did, and which of their posts are gone."""

    def __init__(self, network: Network) -> None:
        self.people = {name: Person(network, name) for name in NAMES}
        self.acts: set[Act] = set()
        self.roots: dict[str, str] = {}
        self.posts: dict[str, Post] = {}
        self.gone: set[str] = set()

    def post(self, who: str, text: str, to: Post | None = None, *, names: str = "", **more: Any) -> Post:
        """Let somebody write. names: who is mentioned, by a facet."""
        author = self.people[who]
        if names:
            named = self.people[names]
            text = f"@{named.handle} {text}"
            feature = {"$type": "app.bsky.richtext.facet#mention", "did": named.did}
            place = {"byteStart": 0, "byteEnd": len(named.handle) + 1}
            more["facets"] = [{"index": place, "features": [feature]}]
        made = author.post(text, to, **more)
        towards = {(to.author.did, "reply")} if to and to.author.did != author.did else set()
        towards |= {(self.people[names].did, "mention")} if names else set()
        self.acts.add(Act("reply" if to else "post", made.uri, author.did, frozenset(towards)))
        self.roots[made.uri], self.posts[made.uri] = made.root["uri"], made
        return made

    def quote(self, who: str, text: str, post: Post) -> Post:
        made = self.post(who, text, embed={"$type": "app.bsky.embed.record", "record": post.ref})
        self.acts.add(Act("quote", made.uri, made.author.did, frozenset({(post.author.did, "author")})))
        return made

    def like(self, who: str, post: Post) -> str:
        self._signal("react", who, post)
        return self.people[who].like(post)

    def repost(self, who: str, post: Post) -> str:
        self._signal("share", who, post)
        return self.people[who].repost(post)

    def follow(self, who: str, whom: str) -> str:
        follower, followed = self.people[who], self.people[whom]
        self.acts.add(Act("follow", followed.did, follower.did, frozenset({(followed.did, "to")})))
        return follower.follow(followed)

    def _signal(self, kind: str, who: str, post: Post) -> None:
        towards = frozenset({(post.author.did, "author")} if post.author.did != self.people[who].did else ())
        self.acts.add(Act(kind, post.uri, self.people[who].did, towards))


def play(network: Network) -> Truth:
    """Let them write, answer, quote, like, share, follow, block and delete; return the truth."""
    truth = Truth(network)
    for name, person in truth.people.items():
        robot = {"labels": {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "bot"}]}}
        more = robot if name == "rob" else {}
        person.write("app.bsky.actor.profile", "self", displayName=f"{name.title()} Example", **more)
    for who, whom in (("ben", "ada"), ("chi", "ada"), ("ada", "dov"), ("rob", "ada")):
        truth.follow(who, whom)
    hello = truth.post("ada", "Who grows tomatoes?")
    answer = truth.post("ben", "I do.", hello)
    back = truth.post("ada", "Which ones?", answer)
    truth.post("chi", "Ask him.", back, names="dov")
    truth.post("ada", "Let me add: in pots.", hello)
    hidden = truth.post("eve", "No you don't.", answer)
    truth.people["ben"].write("app.bsky.graph.block", subject=truth.people["eve"].did)
    truth.quote("dov", "Listen to this.", hello)
    quoted = truth.quote("ada", "Well said.", truth.post("fay", "Rain is free."))
    for who, post in (("chi", hello), ("eve", hello), ("fay", quoted)):
        truth.like(who, post)
    truth.repost("fay", hello)
    truth.repost("ada", truth.post("rob", "It is nine o'clock."))
    lost = truth.people["gus"].post("Compost!")
    truth.post("ada", "Why compost?", lost)
    truth.people["gus"].delete(lost.uri)
    truth.gone.add(lost.uri)
    tag = {"$type": "app.bsky.richtext.facet#tag", "tag": "garden"}
    truth.post("fay", "Seeds #garden", facets=[{"index": {"byteStart": 6, "byteEnd": 13}, "features": [tag]}])
    for number in range(6):
        truth.post("ada", f"Day {number}.")
    network.settle()
    truth.acts = {act for act in truth.acts if act.key != hidden.uri}
    return truth


def play_on(network: Network, truth: Truth) -> None:
    """Let them go on, under what was written after the first part alone."""
    for number in range(5):
        post = truth.post("ada", f"Later {number}.")
        truth.like("chi", truth.post("ben", "Still?", post))
    truth.quote("ada", "Again.", truth.post("dov", "Slugs."))
    network.settle()

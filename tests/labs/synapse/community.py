"""What some people do in rooms: the script that the tests play, and the truth about it."""

from typing import Any

from tests.labs.recordings import Act
from tests.labs.synapse.server import Person, Synapse

NAMES = ("ada", "ben", "chi", "dov", "kith")


class Truth:
    """acts: all but those of coming and going, which are in ``moves``: kind, who and whom."""

    def __init__(self, server: Synapse) -> None:
        self.people = {name: Person(server, name) for name in NAMES}
        self.acts: set[Act] = set()
        self.moves: list[tuple[str, str]] = []
        self.texts: dict[str, str] = {}
        self.authors: dict[str, str] = {}
        self.gone: set[str] = set()
        self.rooms: dict[str, str] = {}

    def id(self, name: str) -> str:
        return self.people[name].id

    def open(self, who: str, name: str, *others: str, **more: Any) -> None:
        room = self.rooms[name] = self.people[who].room(name.title(), **more)
        self.moves.append(("join", self.id(who)))
        for other in others:
            self.people[other].join(room)
            self.moves.append(("join", self.id(other)))

    def say(self, who: str, room: str, text: str, *, to: str = "", thread: str = "", names: str = "") -> str:
        content: dict[str, Any] = {"msgtype": "m.text", "body": text}
        if to:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": to}}
        if thread:
            content["m.relates_to"] = {"rel_type": "m.thread", "event_id": thread}
        if names:
            content["m.mentions"] = {"user_ids": [self.id(names)]}
        made = self.people[who].send(self.rooms[room], "m.room.message", content)
        towards = frozenset({(self.id(names), "mention")} if names else ())
        self.acts.add(Act("reply" if to or thread else "message", made, self.id(who), towards))
        self.texts[made], self.authors[made] = text, who
        return made

    def react(self, who: str, room: str, event: str) -> str:
        about = {"m.relates_to": {"rel_type": "m.annotation", "event_id": event, "key": "👍"}}
        made = self.people[who].send(self.rooms[room], "m.reaction", about)
        author = self.authors[event]
        self.acts.add(
            Act("react", made, self.id(who), frozenset({(self.id(author), "author")} if author != who else ()))
        )
        return made

    def edit(self, who: str, room: str, event: str, text: str) -> None:
        new = {"msgtype": "m.text", "body": text}
        relation = {"rel_type": "m.replace", "event_id": event}
        content = {**new, "body": f"* {text}", "m.new_content": new, "m.relates_to": relation}
        self.people[who].send(self.rooms[room], "m.room.message", content)
        self.texts[event] = text

    def redact(self, who: str, room: str, event: str) -> None:
        self.people[who].redact(self.rooms[room], event)
        self.acts = {act for act in self.acts if act.key != event}
        self.gone.add(event)

    def leave(self, who: str, room: str) -> None:
        self.people[who].leave(self.rooms[room])
        self.moves.append(("leave", self.id(who)))


def play(server: Synapse) -> Truth:
    """Let them write, answer, react, edit, redact, come and go; return the truth of the public room."""
    truth = Truth(server)
    truth.open("ada", "garden", "ben", "chi", "kith")
    hello = truth.say("ada", "garden", "Who grows tomatos?")
    answer = truth.say("ben", "garden", "I do.", to=hello)
    truth.say("ada", "garden", "Which ones, Ben?", thread=hello, names="ben")
    truth.say("chi", "garden", "Ask Ben.", to=answer, names="ben")
    truth.edit("ada", "garden", hello, "Who grows tomatoes?")
    truth.react("chi", "garden", hello)
    truth.redact("ben", "garden", truth.react("ben", "garden", answer))
    truth.redact("ada", "garden", truth.say("ada", "garden", "Oops."))
    for number in range(8):
        truth.say("ben", "garden", f"Day {number}.")
    truth.leave("chi", "garden")
    acts, moves = set(truth.acts), list(truth.moves)
    truth.open("ada", "shed", preset="private_chat")
    truth.people["ada"].invite(truth.rooms["shed"], truth.id("kith"))
    truth.people["kith"].join(truth.rooms["shed"])
    truth.say("ada", "shed", "Between us.")
    truth.acts, truth.moves = acts, moves
    return truth


def play_on(truth: Truth) -> None:
    """Let them go on."""
    for number in range(5):
        asked = truth.say("ada", "garden", f"Later {number}?")
        truth.react("ben", "garden", truth.say("ben", "garden", "Later.", to=asked))
    truth.edit("ben", "garden", asked, "not his to edit")

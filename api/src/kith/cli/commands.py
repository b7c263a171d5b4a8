"""The commands of ``kith``. Each lives in the module of its name and is imported only when it is called."""

from cyclopts import App

app = App(name="kith", help="Relationship intelligence for communities.")
for name, text in {
    "up": "Start everything on this machine and keep it running until Ctrl-C.",
    "doctor": "Look at everything that kith needs and say what to do.",
    "migrate": "Bring the database to this version.",
    "backup": "Write the whole database to a file.",
    "export": "Write what sources told to a file that any kith reads.",
    "api": "Serve the API in the foreground.",
    "worker": "Do background work in the foreground.",
    "rebuild": "Make every projection again from the facts.",
}.items():
    app.command(f"kith.cli.{name}:{name}", help=text)
app.command("kith.cli.worker:live", help="Listen to networks in the foreground.")
app.command("kith.cli.backup:restore", help="Fill an empty database from such a file.")

connectors = App(name="connectors", help="The networks that this installation can read.")
app.command(connectors)


@connectors.default
def list_connectors() -> None:
    """List the connectors that are installed, how far each was tried, and what was put aside."""
    from kith.cli.connectors import connectors

    connectors()


connectors.command("kith.cli.connectors:connectors", name="list", help="List them, as without a word.")
connectors.command("kith.cli.connectors:new", help="Make a distribution with a connector to start from.")
connectors.command("kith.cli.connectors:read", help="Show what a connector tells, as NDJSON; needs no server.")
connectors.command("kith.cli.connectors:check", help="Try a connector in every way in which kith may use it.")
connectors.command("kith.cli.connectors:record", help="Write what a connector's servers answer, without secrets.")

sources = App(name="sources", help="What kith reads: configured uses of connectors.")
app.command(sources)
sources.command("kith.cli.sources:add", help="Add a source and start its first run.")
sources.command("kith.cli.sources:list_", name="list", help="List the sources and how far each has been read.")
sources.command("kith.cli.sources:sync", help="Read what is new in a source.")
sources.command("kith.cli.sources:pause", help="Let a source rest.")
sources.command("kith.cli.sources:resume", help="Let a source that rests be read again.")
sources.command("kith.cli.sources:remove", help="Remove a source; what it told of people stays.")

secrets = App(name="secrets", help="The keys that seal what sources sign in with.")
app.command(secrets)
secrets.command("kith.cli.secrets:key", help="Print a new key.")
secrets.command("kith.cli.secrets:rewrap", help="Wrap all credentials with the current key.")

rights = App(name="rights", help="What people who are no members ask for.")
app.command(rights)
rights.command("kith.cli.rights:list_", name="list", help="List what waits, and until when it has to be done.")

members = App(name="members", help="Who may sign in.")
app.command(members)
members.command("kith.cli.members:list_", name="list", help="List members, and who is invited.")
members.command("kith.cli.members:invite", help="Invite somebody, by mail or by a link that is printed.")
members.command("kith.cli.members:link", help="Print a link that signs a member in once.")
members.command("kith.cli.members:role", help="Change the role of a member.")
members.command("kith.cli.members:address", help="Change the address that a member signs in with.")
members.command("kith.cli.members:remove", help="Remove a member, and end what acts for them.")

mail = App(name="mail", help="Letters with links to sign in.")
app.command(mail)
mail.command("kith.cli.mail:test", help="Send a letter, to see that the settings are right.")

token = App(name="token", help="What lets a client in.")
app.command(token)
token.command("kith.cli.token:create", help="Create a token and print it.")
token.command("kith.cli.token:list_", name="list", help="List the tokens that live, without their text.")
token.command("kith.cli.token:revoke", help="Take a token's rights away.")

workspaces = App(name="workspaces", help="The tenants of this installation.")
app.command(workspaces)
workspaces.command("kith.cli.workspaces:create", help="Create a workspace and print its first token.")
workspaces.command("kith.cli.workspaces:list_", name="list", help="List the workspaces.")
workspaces.command("kith.cli.workspaces:delete", help="Have a workspace deleted after a time.")
workspaces.command("kith.cli.workspaces:keep", help="Keep a workspace that was to be deleted.")

audit = App(name="audit", help="Who changed what.")
app.command(audit)
audit.command("kith.cli.audit:verify", help="Look whether any entry was changed, removed or reordered.")

apps = App(name="apps", help="OAuth clients: who may ask members to be let in.")
app.command(apps)
apps.command("kith.cli.apps:list_", name="list", help="List the apps of the workspace.")
apps.command("kith.cli.apps:create", help="Create an app, approve it, and print its id and secret.")
apps.command("kith.cli.apps:rotate", help="Replace an app's secret and print the new one.")
apps.command("kith.cli.apps:revoke", help="End an app and all its tokens.")

keys = App(name="keys", help="The keys that sign ID tokens.")
app.command(keys)
keys.command("kith.cli.keys:list_", name="list", help="List the keys that are believed.")
keys.command("kith.cli.keys:rotate", help="Let a new key sign from now on.")

evaluate = App(name="evaluate", help="Measure the models on a file with known truth; prints JSON, needs no server.")
app.command(evaluate)
evaluate.command("kith.cli.evaluate.answerers:answerers")
evaluate.command("kith.cli.evaluate.asks:asks")
evaluate.command("kith.cli.evaluate.communities:communities")
evaluate.command("kith.cli.evaluate.comparisons:comparisons")
evaluate.command("kith.cli.evaluate.identities:identities")
evaluate.command("kith.cli.evaluate.introducers:introducers")
evaluate.command("kith.cli.evaluate.mentions:mentions")
evaluate.command("kith.cli.evaluate.plans:plans")
evaluate.command("kith.cli.evaluate.replies:replies")
evaluate.command("kith.cli.evaluate.roles:roles")
evaluate.command("kith.cli.evaluate.strength:strength")
evaluate.command("kith.cli.evaluate.strength:train")
evaluate.command("kith.cli.evaluate.trust:trust")
evaluate.command("kith.cli.evaluate.answerers:waiting")

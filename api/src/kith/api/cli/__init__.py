"""The command line, ``kith``. Each command lives in the module of its name and is imported only when it is called."""

from cyclopts import App

app = App(name="kith", help="Relationship intelligence for communities.")

evaluate = App(name="evaluate", help="Measure the models on a file with known truth; prints JSON, needs no server.")
app.command(evaluate)
evaluate.command("kith.api.cli.evaluate.communities:communities")
evaluate.command("kith.api.cli.evaluate.identities:identities")
evaluate.command("kith.api.cli.evaluate.roles:roles")
evaluate.command("kith.api.cli.evaluate.strength:strength")
evaluate.command("kith.api.cli.evaluate.strength:train")


def main() -> None:
    """Run the command that the arguments name."""
    app()

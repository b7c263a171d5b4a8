"""Names in threads of mail, of which people have marked who is meant."""

from kith.cli.evaluate.mentions import evaluation
from tests.paths import shared


def test_names_are_mentions_where_they_are_meant() -> None:
    found = evaluation(shared("data/mentions-email/threads.jsonl.zst"))
    assert found["precision"] >= 0.94
    assert found["recall"] >= 0.97
    assert all(found["f1"] > each["f1"] + 0.1 for each in found["baselines"].values())

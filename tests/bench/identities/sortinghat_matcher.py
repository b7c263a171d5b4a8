"""Runs SortingHat's own recommendation engine on a file; in SortingHat's environment, started by `compare`.

Its models are created in SQLite in memory, each identity as an individual of its own, and all recommendations are
joined, as its `unify` job joins them. Prints JSON: the label of each identity in the file's order, and the CPU seconds
that the engine took (its input is in the database by then).
"""

import csv
import io
import json
import sys
import time

import django  # type: ignore[import-not-found]  # lives in SortingHat's environment
import zstandard
from django.conf import settings  # type: ignore[import-not-found]  # lives in SortingHat's environment

CRITERIA = ["email", "name", "username"]


def main(file: str) -> None:
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "sortinghat.core"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        MATCH_TRUSTED_SOURCES=["github"],
        USE_TZ=True,
        SECRET_KEY="bench",
    )
    django.setup()
    from django.db import connection  # type: ignore[import-not-found]  # as above, once set up
    from sortinghat.core.models import Identity, Individual, RecommenderExclusionTerm  # type: ignore[import-not-found]  # as above, once set up
    from sortinghat.core.recommendations.matching import recommend_matches  # type: ignore[import-not-found]  # as above, once set up

    with connection.schema_editor() as editor:
        for model in (Individual, Identity, RecommenderExclusionTerm):
            editor.create_model(model)
    with open(file, "rb") as raw:
        rows = list(csv.DictReader(io.StringIO(zstandard.ZstdDecompressor().stream_reader(raw).read().decode())))
    individuals = [Individual(mk=str(number)) for number in range(len(rows))]
    Individual.objects.bulk_create(individuals, batch_size=1000)
    Identity.objects.bulk_create(
        (
            Identity(uuid=individual.mk, name=row["name"], email=row["email"], source="git", individual=individual)
            for individual, row in zip(individuals, rows, strict=True)
        ),
        batch_size=1000,
    )
    started = time.process_time()
    matches = list(recommend_matches(None, None, CRITERIA, guess_github_user=True))
    seconds = time.process_time() - started
    json.dump({"labels": join(len(rows), matches), "seconds": seconds}, sys.stdout)


def join(size: int, matches: list[tuple[str, str, list[str]]]) -> list[int]:
    parent = list(range(size))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for _, individual, others in matches:
        for other in others:
            parent[root(int(other))] = root(int(individual))
    return [root(number) for number in range(size)]


if __name__ == "__main__":
    main(sys.argv[1])

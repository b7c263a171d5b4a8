// The four questions of the README, asked with a generated client by an app that a member lets in.
import { begin, finish, type App } from "./oauth";
import { getRelationship, listCommunities, listCommunityRoles, listRelationshipsOfPerson } from "./client";
import { client } from "./client/client.gen";

const throwOnError = true;

export async function tour(app: App, open: (address: string) => Promise<URL>) {
  const { address, ...begun } = await begin(app, "communities:read people:read relationships:read");
  const { access } = await finish(app, String(await open(address)), begun);
  client.setConfig({ baseUrl: app.issuer, auth: access });

  const communities = await listCommunities({ query: { level: 0, limit: 20 }, throwOnError });
  const community = communities.data.data[0]!;
  const roles = await listCommunityRoles({
    path: { community_id: community.id }, query: { role: "connector", limit: 3 }, throwOnError });
  const person_id = roles.data.data[0]!.person.id;
  const close = await listRelationshipsOfPerson({ path: { person_id }, query: { limit: 3 }, throwOnError });
  const other_id = close.data.data[0]!.other.id;
  const { data: why } = await getRelationship({ path: { person_id, other_id }, throwOnError });
  const missing = await getRelationship({ path: { person_id, other_id: person_id } });

  const parts = why.contributions.reduce((sum, { log_odds }) => sum + log_odds, 0);
  return {
    community: community.name, size: community.size, connector: roles.data.data[0]!.person.name,
    closest: why.other.name, strength: why.strength, sum: why.model.intercept + why.hidden.log_odds + parts,
    log_odds: why.log_odds, problem: missing.error?.code,
  };
}

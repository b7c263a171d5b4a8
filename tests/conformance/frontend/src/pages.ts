// What the page shows for each address. Each asks the generated client, and returns elements.

import {
  getCommunity, getCommunityMap, getPerson, getRelationship, listCommunities, listRelationshipsOfPerson,
  type PersonRef, type RelationshipDetail,
} from "../client";
import { html, link } from "./html";
import { drawMap, listMap } from "./map";

type Shown = { title: string; content: HTMLElement[] };
const throwOnError = true;

export async function showCommunities(): Promise<Shown> {
  const { data } = await listCommunities({ query: { level: 0, limit: 20 }, throwOnError });
  const list = data.data.map(({ id, name, size }) => html("li", {}, link(`#/communities/${id}`, name), ` — ${size} people`));
  return { title: "Communities", content: [list.length ? html("ul", {}, ...list) : html("p", {}, "None is known yet.")] };
}

export async function showCommunity(community_id: string): Promise<Shown> {
  const path = { community_id };
  const [community, map] = await Promise.all([
    getCommunity({ path, throwOnError }), getCommunityMap({ path, headers: { Accept: "application/json" }, throwOnError }),
  ]);
  if (typeof map.data === "string" || map.data instanceof Blob) throw new Error("The map came as a picture.");
  return {
    title: community.data.name,
    content: [
      html("p", {}, community.data.health?.sentence ?? ""), drawMap(map.data), html("h2", {}, "People"), listMap(map.data),
    ],
  };
}

export async function showPerson(person_id: string): Promise<Shown> {
  const path = { person_id };
  const [person, ties] = await Promise.all([
    getPerson({ path, throwOnError }), listRelationshipsOfPerson({ path, query: { limit: 20 }, throwOnError }),
  ]);
  const { name, networks, interaction_count } = person.data;
  const rows = ties.data.data.map(({ other, strength, word }) => html(
    "tr", {}, html("th", { scope: "row" }, link(`#/people/${person_id}/with/${other.id}`, nameOf(other))),
    html("td", {}, percent(strength)), html("td", {}, word)));
  return {
    title: name ?? "Somebody without a name",
    content: [
      html("p", {}, `${interaction_count} interactions on ${networks.join(", ") || "no network"}.`),
      html("h2", {}, "Relationships"), table(["With", "Strength", "In a word"], rows),
    ],
  };
}

export async function showRelationship(person_id: string, other_id: string): Promise<Shown> {
  const { data } = await getRelationship({ path: { person_id, other_id }, throwOnError });
  return {
    title: `${nameOf(data.person)} and ${nameOf(data.other)}`,
    content: [
      html("p", { class: "strength" }, html("strong", {}, percent(data.strength)), ` — ${data.why}`),
      html("h2", {}, "What adds up to it"), explain(data),
      html("h2", {}, "What it rests on"),
      html("ul", {}, ...data.evidence.map(({ interaction }) => html(
        "li", {}, html("time", { datetime: interaction.occurred_at }, interaction.occurred_at.slice(0, 10)),
        ` ${interaction.kind}: ${interaction.title ?? "untitled"}`))),
      html("p", {}, data.coverage.complete ? "Every source was read in full." : "Not every source was read in full."),
    ],
  };
}

/** The parts and their sum, which is the strength as log-odds. */
function explain({ model, contributions, hidden, log_odds }: RelationshipDetail): HTMLElement {
  const parts: [string, number][] = [
    ["before any evidence", model.intercept], ...contributions.map((part): [string, number] => [part.meaning, part.log_odds]),
    [`${hidden.interactions} interactions that you may not see`, hidden.log_odds],
  ];
  const rows = parts.filter(([, value]) => value !== 0).sort(([, one], [, other]) => Math.abs(other) - Math.abs(one)).map(row);
  return table(["Part", "Log-odds"], [...rows, row(["together", log_odds])]);
}

function row([meaning, value]: [string, number]): HTMLElement {
  return html("tr", {}, html("th", { scope: "row" }, meaning), html("td", {}, value.toFixed(2)));
}

function table(heads: string[], rows: HTMLElement[]): HTMLElement {
  const head = html("tr", {}, ...heads.map((text) => html("th", { scope: "col" }, text)));
  return html("table", {}, html("thead", {}, head), html("tbody", {}, ...rows));
}

function nameOf({ name }: PersonRef): string {
  return name ?? "Somebody without a name";
}

function percent(chance: number | null): string {
  return chance === null ? "too little evidence" : `${Math.round(100 * chance)} %`;
}

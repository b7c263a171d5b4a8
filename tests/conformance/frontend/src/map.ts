// The map of a community, drawn from positions that kith computed: a disc a community, a dot a person, a line a tie.

import type { CommunityMap, MapPerson } from "../client";
import { html, link, svg } from "./html";

const MARGIN = 0.8; // the unit is the room of one person
const NAMED = 40; // so many people have their names on the map, those with most contact

export function drawMap(map: CommunityMap): HTMLElement {
  const named = new Set([...map.people].sort((one, other) => other.strength - one.strength).slice(0, NAMED));
  const drawing = svg(
    "svg", { viewBox: box(map), role: "img", "aria-labelledby": "map-title map-summary" },
    svg("title", { id: "map-title" }, `Map of ${map.title}`),
    svg("desc", { id: "map-summary" }, map.summary),
    ...map.communities.map((disc) => svg("circle", { class: "disc", cx: disc.x, cy: disc.y, r: disc.radius })),
    ...map.ties.map(({ first, second, weight }) => line(map.people[first], map.people[second], weight)),
    ...map.people.map(({ x, y, roles }) => svg("circle", { class: roles.length ? "person key" : "person", cx: x, cy: y, r: 0.16 })),
    ...map.people.filter((person) => named.has(person)).map(
      ({ x, y, name }) => svg("text", { x, y: y - 0.28, "font-size": 0.3, "text-anchor": "middle" }, name || "?")),
  );
  return html("figure", {}, drawing, html("figcaption", {}, map.summary));
}

/** Lists who is on the map: what eyes find there, the keyboard finds here. */
export function listMap(map: CommunityMap): HTMLElement {
  return html("ul", { class: "people" }, ...map.people.map((person) =>
    html("li", {}, link(`#/people/${person.id}`, person.name || "Somebody without a name"),
      person.roles.length ? ` — ${person.roles.join(", ")}` : null)));
}

function line(one: MapPerson | undefined, other: MapPerson | undefined, weight: number): SVGElement | null {
  if (!one || !other) return null;
  const width = Math.min(0.12, 0.02 + 0.01 * Math.log1p(weight));
  return svg("line", { class: "tie", x1: one.x, y1: one.y, x2: other.x, y2: other.y, "stroke-width": width });
}

function box({ people, communities }: CommunityMap): string {
  const discs = communities.map(({ x, y, radius }) => ({ x, y, radius }));
  const all = [...discs, ...people.map(({ x, y }) => ({ x, y, radius: 0 }))];
  const left = Math.min(...all.map((at) => at.x - at.radius)) - MARGIN;
  const top = Math.min(...all.map((at) => at.y - at.radius)) - MARGIN;
  const right = Math.max(...all.map((at) => at.x + at.radius)) + MARGIN;
  const bottom = Math.max(...all.map((at) => at.y + at.radius)) + MARGIN;
  return `${left} ${top} ${right - left} ${bottom - top}`;
}

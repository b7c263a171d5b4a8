// One page: the address after # says what is shown.

import { html } from "./html";
import { showCommunities, showCommunity, showPerson, showRelationship } from "./pages";
import { Session } from "./session";

type Problem = { title?: string; detail?: string };
const main = document.querySelector("main")!;
const button = document.querySelector<HTMLButtonElement>("#session")!;

async function show(session: Session): Promise<void> {
  button.textContent = session.signedIn ? "Sign out" : "Sign in";
  button.hidden = false;
  if (!session.signedIn) return put("Welcome", [html("p", {}, "Sign in to see your communities.")]);
  const asked = location.hash;
  put("One moment …", []);
  try {
    const { title, content } = await find(asked);
    if (asked === location.hash) put(title, content);
  } catch (problem) {
    if (!session.signedIn) return show(session);
    fail(problem);
  }
}

function find(address: string): ReturnType<typeof showCommunities> {
  const [kind, id, , other] = address.slice(2).split("/");
  if (kind === "communities" && id) return showCommunity(id);
  if (kind === "people" && id) return other ? showRelationship(id, other) : showPerson(id);
  return showCommunities();
}

function put(title: string, content: HTMLElement[]): void {
  document.title = `${title} · Community map`;
  const heading = html("h1", { tabindex: "-1" }, title);
  main.replaceChildren(heading, ...content);
  if (content.length) heading.focus();
}

function fail(problem: unknown): void {
  const { title, detail } = problem as Problem;
  const said = problem instanceof Error ? problem.message : (detail ?? title ?? "Nobody knows why.");
  put("That did not work", [html("p", { role: "alert" }, said)]);
}

async function start(): Promise<void> {
  const { issuer, client_id: clientId } = await (await fetch("config.json")).json();
  const session = await Session.open({ issuer, clientId, redirectUri: location.origin + location.pathname });
  button.addEventListener("click", async () => {
    if (session.signedIn) await session.signOut().then(() => show(session));
    else await session.signIn();
  });
  addEventListener("hashchange", () => show(session));
  await show(session);
}

start().catch(fail);

// A member in Chromium uses the example frontend: lets it in, looks around, and signs out of it.
// Argument: JSON with page, base, link, person, other, pictures, chromium. Prints JSON: findings, complaints, notes.
import { LOOKS, asked, browser, look, told } from "./look.mjs";

for (const shape of LOOKS) {
  const context = await browser.newContext({ bypassCSP: false, ...shape });
  const page = await context.newPage();
  const shot = (name) => look(page, `frontend-${name}-${shape.name}`);
  const title = async () => (await page.textContent("h1")).trim();
  const shown = (text) => page.waitForSelector(`h1:text-is("${text}")`);
  const asks = [];
  page.on("console", (message) => message.type() === "error" && told.complaints.push(`${message.location().url}: ${message.text()}`));
  page.on("pageerror", (error) => told.complaints.push(String(error)));
  page.on("request", (request) => {
    const known = [asked.page, asked.base, "data:"].some((start) => request.url().startsWith(start));
    if (!known || /[?&](access_token|refresh_token)=|k[ar]t_/.test(request.url())) told.complaints.push(request.url());
    if (request.url().startsWith(`${asked.base}/v1/`)) asks.push(new URL(request.url()).pathname);
  });

  // The member is signed in to kith; the page knows nothing of that.
  await page.goto(asked.links[shape.name]);
  await page.click("main button");
  await page.waitForURL("**/security");
  await page.goto(asked.page);
  await shown("Welcome");
  await shot("welcome");

  // Consent, on kith's page; then back.
  await page.click("text=Sign in");
  await page.waitForURL(`${asked.base}/oauth/authorize*`);
  await page.click("button[value=allow]");
  await page.waitForURL(`${asked.page}**`);
  await shown("Communities");
  await shot("communities");
  const notes = { address: page.url(), communities: await page.locator("main li").allTextContents() };

  // A community with its map.
  await page.click("main li a >> nth=0");
  await page.waitForSelector("svg");
  await shot("community");
  notes.community = await title();
  notes.drawn = await page.locator("circle.person").count();
  notes.ties = await page.locator("line.tie").count();
  notes.people = await page.locator(".people a").allTextContents();
  notes.summary = await page.textContent("figcaption");

  // A person, and a relationship that is explained.
  await page.click(`.people a:text-is("${asked.person}")`);
  await shown(asked.person);
  await shot("person");
  await page.click(`table a:text-is("${asked.other}")`);
  await shown(`${asked.person} and ${asked.other}`);
  await shot("relationship");
  notes.strength = await page.textContent(".strength");
  notes.parts = await page.locator("table tbody td").allTextContents();
  notes.evidence = await page.locator("main ul li").count();

  // The token ends while the page is open: it is renewed once, however many requests find that out.
  const kept = () => page.evaluate(() => JSON.parse(sessionStorage.getItem("tokens")));
  const first = await kept();
  await page.evaluate(async ([issuer, token, client_id]) => {
    await fetch(`${issuer}/oauth/revoke`, { method: "POST", body: new URLSearchParams({ token, client_id }) });
  }, [asked.base, first.access, asked.client_id]);
  const before = told.complaints.length;
  await page.goBack();
  await shown(asked.person);
  told.complaints.splice(before); // a 401 is written to the console
  notes.renewed = (await kept()).access !== first.access;

  // Signed out: the page forgets, and kith does too.
  const last = await kept();
  await page.click("text=Sign out");
  await shown("Welcome");
  notes.forgotten = await kept() === null;
  const [spent, ended] = await page.evaluate(async ([issuer, tokens, client_id]) => {
    const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: tokens.refresh, client_id });
    const spent = await fetch(`${issuer}/oauth/token`, { method: "POST", body: form });
    const ended = await fetch(`${issuer}/v1/me`, { headers: { Authorization: `Bearer ${tokens.access}` } });
    return [spent.status, ended.status];
  }, [asked.base, last, asked.client_id]);
  told.complaints.splice(before);
  told.notes[shape.name] = { ...notes, ended: [spent, ended], asks: [...new Set(asks)] };

  // A member says no.
  await page.click("text=Sign in");
  await page.waitForURL(`${asked.base}/oauth/authorize*`);
  await page.click("button[value=deny]");
  await page.waitForURL(`${asked.page}**`);
  await shown("That did not work");
  told.notes[shape.name].refused = await page.textContent("[role=alert]");
}

await browser.close();
console.log(JSON.stringify(told));

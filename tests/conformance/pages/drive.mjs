// Walks through the pages in Chromium as a human would, with axe-core on each, in light and dark, wide and narrow.
// Argument: JSON with base, link, invitation, chromium, pictures. Prints JSON: findings, complaints, notes.
import { LOOKS, asked, browser, look, told } from "./look.mjs";

async function open(look) {
  const context = await browser.newContext({ baseURL: asked.base, bypassCSP: false, ...look });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) told.complaints.push(message.text());
  });
  page.on("pageerror", (error) => told.complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(asked.base) && !request.url().startsWith("data:")) told.complaints.push(request.url());
  });
  return page;
}

// What the keyboard reaches, in its order.
async function focus(page) {
  const found = [];
  for (let n = 0; n < 60; n += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      const ring = getComputedStyle(e).outlineStyle;
      return e === document.body ? null : { name: e.id || e.textContent.trim(), visible: ring !== "none" };
    });
    if (at === null || found.some((one) => one.name === at.name && at.name === found[0].name)) break;
    found.push(at);
  }
  return found;
}

for (const shape of LOOKS) {
  const page = await open(shape);
  const shot = (name) => look(page, `${name}-${shape.name}`);
  await page.goto("/sign-in");
  await shot("sign-in");
  told.focus[shape.name] = await focus(page);
  await page.fill("#address", "olga@example.org");
  await page.fill("#password", "not the password");
  await page.click("main form >> nth=0 >> button");
  await page.waitForSelector("#wrong");
  await shot("sign-in-wrong");
  await page.goto("/sign-in/links/x");
  await shot("link-ended");
  await page.goto(asked.links[shape.name]);
  await shot("link");
  await page.click("main button");
  await page.waitForURL("**/security");
  await shot("security");
  for (const [name, path] of [["my-data", "/my-data"], ["workspaces", "/workspaces"], ["codes", "/security/codes"]]) {
    await page.goto(path);
    await shot(name);
  }
  for (const [name, path] of [
    ["consent", asked.consent], ["refused", "/oauth/authorize?client_id=x"], ["device", "/oauth/device"],
    ["device-unknown", "/oauth/device?user_code=x"], ["device-consent", "/oauth/device?user_code=BCDF-GHJK"],
    ["connected", "/connected-apps"], ["logout", "/oauth/logout"],
  ]) {
    await page.goto(path);
    await shot(name);
  }
  await page.goto("/nowhere-at-all");
  told.notes[`missing-${shape.name}`] = await page.evaluate(() => document.contentType);
}

// An app is let in: the policy of the page lets the form lead to it, and to nobody else.
{
  const page = await open(LOOKS[1]);
  await page.context().route("https://app.example/**", (route) => route.fulfill({ body: "back", contentType: "text/plain" }));
  await page.goto(asked.links.app);
  await page.click("main button");
  await page.waitForURL("**/security");
  await page.goto(asked.consent);
  await page.click("button[value=allow]");
  await page.waitForURL("https://app.example/**");
  told.notes.callback = page.url();
  told.complaints = told.complaints.filter((one) => !one.startsWith("https://app.example/"));
  await page.goto("/connected-apps");
  await look(page, "connected-phone-dark-one");
  told.notes.connected = await page.textContent("main");
}

// A passkey, made and used with an authenticator that the browser brings.
{
  const page = await open(LOOKS[0]);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await page.goto(asked.links.passkey);
  await page.click("main button");
  await page.waitForURL("**/security");
  await page.goto("/security/passkeys/new");
  await look(page, "new-passkey");
  await page.fill("#name", "Laptop");
  await page.click("#passkey-form button");
  await page.waitForURL("**/security");
  told.notes.passkey = await page.textContent("main");
  await page.click("header nav button");
  await page.waitForURL("**/sign-in");
  await page.click("text=Sign in with a passkey");
  await page.waitForSelector("#passkey-form");
  await look(page, "passkey");
  await page.click("#passkey-form button");
  await page.waitForURL("**/security");
  told.notes.signedIn = await page.textContent("main");
  await page.goto(asked.invitation);
  await look(page, "invitation-signed-in");
}

// An invitation, in German, by keyboard alone.
{
  const page = await open({ ...LOOKS[1], locale: "de-DE" });
  await page.goto(asked.invitation);
  await look(page, "invitation");
  told.notes.language = await page.evaluate(() => document.documentElement.lang);
  await page.focus("#name");
  await page.keyboard.type("Theo");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/security");
  await look(page, "security-german");
  told.notes.invited = await page.textContent("main");
}

// Without scripts everything but a passkey works.
{
  const context = await browser.newContext({ baseURL: asked.base, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(asked.links.plain);
  await page.click("main button");
  await page.waitForURL("**/security");
  told.notes.withoutScripts = await page.textContent("h1");
}

await browser.close();
console.log(JSON.stringify(told));

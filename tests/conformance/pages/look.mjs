// A Chromium, and a look at a page in it: with axe-core, and with a picture. What is found is kept in `told`.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

export const asked = JSON.parse(process.argv[2]);
export const told = { findings: [], complaints: [], seen: [], focus: {}, notes: {} };
export const LOOKS = [
  { name: "wide-light", colorScheme: "light", viewport: { width: 1200, height: 900 } },
  { name: "phone-dark", colorScheme: "dark", viewport: { width: 360, height: 740 } },
];
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

await mkdir(asked.pictures, { recursive: true });
export const browser = await chromium.launch({ executablePath: asked.chromium, args: ["--no-sandbox"] });

// axe runs beside the page, over the protocol, so the policy of the page stays as it is. The session is left open: its
// end would take the authenticator of the page away.
export async function look(page, name) {
  const devtools = await page.context().newCDPSession(page);
  const { frameTree } = await devtools.send("Page.getFrameTree");
  const { executionContextId } = await devtools.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
  const run = async (expression) => {
    const answer = await devtools.send("Runtime.evaluate", {
      expression, contextId: executionContextId, awaitPromise: true, returnByValue: true,
    });
    if (answer.exceptionDetails) throw new Error(JSON.stringify(answer.exceptionDetails));
    return answer.result.value;
  };
  await run(await readFile(axe, "utf8"));
  const found = JSON.parse(await run("axe.run(document).then((r) => JSON.stringify(r.violations))"));
  for (const { id, help, nodes } of found) told.findings.push({ page: name, id, help, at: nodes.map((n) => n.html) });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) told.findings.push({ page: name, id: "too-wide", help: `${wide} pixels beyond the screen`, at: [] });
  await page.screenshot({ path: `${asked.pictures}/${name}.png`, fullPage: true });
  told.seen.push(name);
}

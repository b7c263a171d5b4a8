// Signing in with PKCE, as docs/apps.md describes it. Nothing here knows of pages.

export type App = { issuer: string; clientId: string; redirectUri: string };
export type Begun = { verifier: string; state: string };
export type Tokens = { access: string; refresh: string };

/** Returns where the browser goes to ask a member, and what to keep until it comes back. */
export async function begin(app: App, scope: string): Promise<Begun & { address: string }> {
  const verifier = text(crypto.getRandomValues(new Uint8Array(32)));
  const state = text(crypto.getRandomValues(new Uint8Array(16)));
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const asked = new URLSearchParams({
    response_type: "code", client_id: app.clientId, redirect_uri: app.redirectUri, scope, state,
    code_challenge: text(new Uint8Array(hash)), code_challenge_method: "S256",
  });
  return { address: `${app.issuer}/oauth/authorize?${asked}`, verifier, state };
}

/** Exchanges the code with which the browser came back. */
export async function finish(app: App, callback: string, { verifier, state }: Begun): Promise<Tokens> {
  const given = new URL(callback).searchParams;
  if (given.get("state") !== state || given.get("iss") !== app.issuer) throw new Error("This answer is not for us.");
  const code = given.get("code");
  if (code === null) throw new Error(given.get("error_description") ?? "You were not signed in.");
  return ask(app, { grant_type: "authorization_code", code, redirect_uri: app.redirectUri, code_verifier: verifier });
}

/** Exchanges a refresh token, which is good for one renewal. */
export function renew(app: App, refresh: string): Promise<Tokens> {
  return ask(app, { grant_type: "refresh_token", refresh_token: refresh });
}

/** Ends a refresh token and all that came with it. */
export async function revoke(app: App, refresh: string): Promise<void> {
  await fetch(`${app.issuer}/oauth/revoke`, {
    method: "POST", body: new URLSearchParams({ token: refresh, client_id: app.clientId }),
  });
}

async function ask(app: App, form: Record<string, string>): Promise<Tokens> {
  const body = new URLSearchParams({ client_id: app.clientId, ...form });
  const answer = await fetch(`${app.issuer}/oauth/token`, { method: "POST", body });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error_description ?? told.error);
  return { access: told.access_token, refresh: told.refresh_token };
}

function text(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

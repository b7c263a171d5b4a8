// The older style: a secret in the header, a machine, and revocation.
import { AuthorizationCode, ClientCredentials } from "simple-oauth2";
import { createHash, randomBytes } from "node:crypto";
import { check, done, given, open } from "./talk.mjs";

const auth = { tokenHost: given.issuer, tokenPath: "/oauth/token", revokePath: "/oauth/revoke" };
const machine = new ClientCredentials({ client: given.machine, auth });
const own = await machine.getToken({ scope: "people:read" });
check(own.token.access_token && !own.expired(), "a machine has a token");

const app = new AuthorizationCode({ client: given.server, auth: { ...auth, authorizePath: "/oauth/authorize" } });
const verifier = randomBytes(32).toString("base64url");
const callback = await open(app.authorizeURL({
  redirect_uri: given.callback, scope: "people:read", state: "s",
  code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "S256",
}));
const token = await app.getToken({ code: callback.searchParams.get("code"), redirect_uri: given.callback, code_verifier: verifier });
const renewed = await token.refresh();
await renewed.revokeAll();
const answer = await fetch(new URL("/v1/me", given.issuer), { headers: { Authorization: `Bearer ${renewed.token.access_token}` } });
check(answer.status === 401, "it has ended");
done({});

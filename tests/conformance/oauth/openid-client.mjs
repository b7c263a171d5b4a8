// The certified relying party, as applications use it.
import * as client from "openid-client";
import { check, done, given, open } from "./talk.mjs";

const config = await client.discovery(new URL(given.issuer), given.server.id, undefined, client.ClientSecretPost(given.server.secret), {
  execute: [client.allowInsecureRequests],
});
client.enableNonRepudiationChecks(config);
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const address = client.buildAuthorizationUrl(config, {
  redirect_uri: given.callback, scope: "openid email people:read", state, nonce, prompt: "consent",
  code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
});
const tokens = await client.authorizationCodeGrant(config, await open(address), {
  pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true,
});
const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
check(info.email, "UserInfo has an address");
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
const answer = await client.fetchProtectedResource(config, renewed.access_token, new URL("/v1/people", given.issuer), "GET");
check(answer.status === 200, "the API takes the token");
await client.tokenRevocation(config, renewed.access_token);
check((await client.tokenIntrospection(config, renewed.access_token)).active === false, "it has ended");
const out = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token });
check(out.href.startsWith(`${given.issuer}/oauth/logout`), "there is a way to sign out");
done({ sub: info.sub });

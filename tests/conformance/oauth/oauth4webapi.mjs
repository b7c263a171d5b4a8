// The strict client: everything that the metadata promise.
import * as oauth from "oauth4webapi";
import { check, connect, done, given, open } from "./talk.mjs";

const http = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(given.issuer);
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...http, algorithm: "oidc" }));
await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...http, algorithm: "oauth2" }));
const client = { client_id: given.server.id };
const secret = oauth.ClientSecretBasic(given.server.secret);

async function parameters(changed = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const all = {
    client_id: client.client_id, redirect_uri: given.callback, response_type: "code", scope: "openid profile people:read",
    state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce(),
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256", ...changed,
  };
  return { all, verifier };
}

function address(all) {
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams(all);
  return url;
}

async function exchange(callback, { all, verifier }, options = http) {
  const answer = oauth.validateAuthResponse(server, client, callback, all.state);
  const response = await oauth.authorizationCodeGrantRequest(server, client, secret, answer, given.callback, verifier, options);
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: all.nonce, requireIdToken: true });
  await oauth.validateApplicationLevelSignature(server, response, http);
  return tokens;
}

// The code flow, with an ID token whose signature is looked at.
const plain = await parameters();
const tokens = await exchange(await open(address(plain.all)), plain);
const claims = oauth.getValidatedIdTokenClaims(tokens);
const info = await oauth.processUserInfoResponse(server, client, claims.sub, await oauth.userInfoRequest(server, client, tokens.access_token, http));
check(info.name, "UserInfo has a name");
const renewed = await oauth.processRefreshTokenResponse(server, client, await oauth.refreshTokenGrantRequest(server, client, secret, tokens.refresh_token, http));
check(renewed.refresh_token !== tokens.refresh_token, "a refresh token is exchanged for another");
const looked = await oauth.processIntrospectionResponse(server, client, await oauth.introspectionRequest(server, client, secret, renewed.access_token, http));
check(looked.active && looked.client_id === client.client_id, "the token is active");
await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, secret, renewed.refresh_token, http));
const after = await oauth.processIntrospectionResponse(server, client, await oauth.introspectionRequest(server, client, secret, renewed.access_token, http));
check(after.active === false, "what came from a revoked refresh token has ended");

// A refusal is an answer of this server too: it names its issuer.
const refused = await parameters({ prompt: "consent" });
try {
  oauth.validateAuthResponse(server, client, await open(address(refused.all), "deny"), refused.all.state);
  check(false, "a refusal is thrown");
} catch (error) {
  if (!(error instanceof oauth.AuthorizationResponseError)) throw error;
  check(error.error === "access_denied", "the member has refused");
}

// Pushed, and bound to a key.
const pair = await oauth.generateKeyPair("ES256");
const handle = oauth.DPoP(client, pair);
const pushed = await parameters({ scope: "openid people:read" });
const kept = await oauth.processPushedAuthorizationResponse(
  server, client, await oauth.pushedAuthorizationRequest(server, client, secret, pushed.all, { ...http, DPoP: handle }));
const bound = await exchange(await open(address({ client_id: client.client_id, request_uri: kept.request_uri })), pushed, { ...http, DPoP: handle });
check(bound.token_type === "dpop", "the token is bound");
const asked = await oauth.protectedResourceRequest(bound.access_token, "GET", new URL("/v1/people", issuer), new Headers(), null, { ...http, DPoP: handle });
check(asked.status === 200, "the API takes a proof");

// By itself.
const machine = { client_id: given.machine.id };
const own = await oauth.processClientCredentialsResponse(server, machine, await oauth.clientCredentialsGrantRequest(
  server, machine, oauth.ClientSecretPost(given.machine.secret), new URLSearchParams({ scope: "people:read" }), http));
check(own.access_token && !own.refresh_token, "a machine has an access token alone");

// A device.
const device = { client_id: given.device.id };
const waiting = await oauth.processDeviceAuthorizationResponse(server, device, await oauth.deviceAuthorizationRequest(
  server, device, oauth.None(), new URLSearchParams({ scope: "people:read" }), http));
await connect(waiting.user_code);
const let_in = await oauth.processDeviceCodeResponse(server, device, await oauth.deviceCodeGrantRequest(
  server, device, oauth.None(), waiting.device_code, http));
check(let_in.refresh_token, "a device goes on");

// It registers itself.
const registered = await oauth.processDynamicClientRegistrationResponse(await oauth.dynamicClientRegistrationRequest(
  server, { redirect_uris: [given.callback], client_name: "Stranger", token_endpoint_auth_method: "none" }, http));
check(registered.client_id, "an app registers itself");
done({ sub: claims.sub });

// The client of the Model Context Protocol: it starts from a 401, registers itself, and names the resource.
import { auth, extractWWWAuthenticateParams } from "@modelcontextprotocol/sdk/client/auth.js";
import { check, done, given, open } from "./talk.mjs";

const kept = {};
let callback;
const provider = {
  get redirectUrl() { return given.loopback; },
  get clientMetadata() {
    return {
      redirect_uris: [given.loopback], client_name: "Agent", token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"], response_types: ["code"], scope: "people:read",
    };
  },
  state: () => "a state",
  clientInformation: () => kept.client,
  saveClientInformation: (client) => { kept.client = client; },
  tokens: () => kept.tokens,
  saveTokens: (tokens) => { kept.tokens = tokens; },
  redirectToAuthorization: async (address) => { callback = await open(address); },
  saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
  codeVerifier: () => kept.verifier,
};
const refused = await fetch(new URL("/v1/people", given.issuer));
const { resourceMetadataUrl } = extractWWWAuthenticateParams(refused);
check(refused.status === 401 && resourceMetadataUrl, "a 401 says where to look");
const options = { serverUrl: given.issuer, resourceMetadataUrl };
check((await auth(provider, options)) === "REDIRECT", "the member is asked");
check(callback.searchParams.get("state") === "a state", "the state comes back");
check((await auth(provider, { ...options, authorizationCode: callback.searchParams.get("code") })) === "AUTHORIZED", "the code is exchanged");
const first = kept.tokens.access_token;
check((await auth(provider, options)) === "AUTHORIZED" && kept.tokens.access_token !== first, "it is renewed");
const answer = await fetch(new URL("/v1/people", given.issuer), { headers: { Authorization: `Bearer ${kept.tokens.access_token}` } });
check(answer.status === 200, "the API takes the token");
done({ client: kept.client.client_id });

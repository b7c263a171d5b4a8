// The client of the Model Context Protocol: it starts from a 401, registers itself, and names the resource.
import { auth, extractWWWAuthenticateParams } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
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
const door = new URL("/mcp", given.issuer);
const refused = await fetch(door, { method: "POST" });
const { resourceMetadataUrl } = extractWWWAuthenticateParams(refused);
check(refused.status === 401 && resourceMetadataUrl, "a 401 says where to look");
const options = { serverUrl: door, resourceMetadataUrl };
check((await auth(provider, options)) === "REDIRECT", "the member is asked");
check(callback.searchParams.get("state") === "a state", "the state comes back");
check((await auth(provider, { ...options, authorizationCode: callback.searchParams.get("code") })) === "AUTHORIZED", "the code is exchanged");
const first = kept.tokens.access_token;
check((await auth(provider, options)) === "AUTHORIZED" && kept.tokens.access_token !== first, "it is renewed");
const agent = new Client({ name: "agent", version: "1" });
await agent.connect(new StreamableHTTPClientTransport(door, { authProvider: provider }));
const { tools } = await agent.listTools();
check(tools.some((tool) => tool.name === "listPeople"), "the reads of people are tools");
check(!tools.some((tool) => tool.name === "listSources"), "how kith is run is none");
const { content, isError } = await agent.callTool({ name: "listPeople", arguments: { limit: 1 } });
check(!isError && JSON.parse(content[0].text).data.length === 1, "a tool answers");
const elsewhere = await fetch(new URL("/v1/people", given.issuer), { headers: { Authorization: `Bearer ${kept.tokens.access_token}` } });
check(elsewhere.status === 401, "the token is for the door alone");
await agent.close();
done({ client: kept.client.client_id });

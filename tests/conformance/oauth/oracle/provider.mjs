// oidc-provider with the apps of the test: whoever is asked signs in and consents at once, or denies where state says so.
import http from "node:http";
import Provider from "oidc-provider";

const { port, clients, scopes, hold } = JSON.parse(process.argv[2]);
const provider = new Provider(`http://localhost:${port}`, {
  clients,
  scopes,
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    deviceFlow: { enabled: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
    revocation: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    dPoP: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  claims: { openid: ["sub"] },
  clientDefaults: { id_token_signed_response_alg: "ES256" },
  cookies: { keys: ["for the test alone"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  issueRefreshToken: (_, client) => client.grantTypeAllowed("refresh_token"),
  rotateRefreshToken: true,
  jwks: { keys: hold },
});

async function decide(request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  let result = { error: "access_denied", error_description: "The member said no." };
  if (prompt.name === "login") {
    result = { login: { accountId: "olga" } };
  } else if (params.state !== "deny") {
    const known = grantId && (await provider.Grant.find(grantId));
    const grant = known || new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope ?? "");
    result = { consent: { grantId: await grant.save() } };
  }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

const answer = provider.callback();
const server = http.createServer((request, response) => {
  if (!request.url.startsWith("/interaction/")) return answer(request, response);
  return decide(request, response).catch((error) => response.writeHead(500).end(String(error)));
});
server.listen(port, "127.0.0.1", () => console.log("ready"));

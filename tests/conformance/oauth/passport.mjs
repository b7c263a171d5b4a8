// passport-oauth2, with a request and an answer that only hold what it looks at. It keeps state and verifier in the
// session, and sends its secret in the body.
import OAuth2Strategy from "passport-oauth2";
import { check, done, given, open } from "./talk.mjs";

const strategy = new OAuth2Strategy({
  authorizationURL: `${given.issuer}/oauth/authorize`, tokenURL: `${given.issuer}/oauth/token`,
  clientID: given.server.id, clientSecret: given.server.secret, callbackURL: given.callback, scope: "people:read",
  state: true, pkce: true,
}, (access, refresh, profile, done) => done(null, { access, refresh }));
strategy.userProfile = (token, done) => done(null, {});

const session = {};
function authenticate(query) {
  return new Promise((resolve, reject) => {
    const once = Object.create(strategy);
    once.redirect = resolve;
    once.success = resolve;
    once.fail = (challenge) => reject(new Error(JSON.stringify(challenge)));
    once.error = reject;
    once.authenticate({ query, session, headers: {}, connection: {}, url: "/" }, {});
  });
}

const callback = await open(await authenticate({}));
const member = await authenticate(Object.fromEntries(callback.searchParams));
const answer = await fetch(new URL("/v1/people", given.issuer), { headers: { Authorization: `Bearer ${member.access}` } });
check(answer.status === 200 && member.refresh, "the API takes the token");
done({});

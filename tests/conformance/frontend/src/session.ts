// Who is signed in, for as long as the tab is open. The generated client asks here for its token.

import { client } from "../client/client.gen";
import { begin, finish, renew, revoke, type App, type Begun, type Tokens } from "./oauth";

const SCOPE = "communities:read people:read relationships:read interactions:read interactions:text:read";
const TOKENS = "tokens", BEGUN = "begun";

export class Session {
  private constructor(private readonly app: App, private tokens: Tokens | null) {
    client.setConfig({ baseUrl: app.issuer, auth: () => this.tokens?.access, fetch: (request) => this.send(request as Request) });
  }

  /** Opens the session of this tab; finishes a sign-in where the browser has just come back from one. */
  static async open(app: App): Promise<Session> {
    const kept = take<Begun & { page: string }>(BEGUN);
    const session = new Session(app, load<Tokens>(TOKENS));
    if (!location.search) return session;
    const callback = location.href;
    history.replaceState(null, "", app.redirectUri + (kept?.page ?? ""));
    if (kept === null) throw new Error("This sign-in was not begun here.");
    session.keep(await finish(app, callback, kept));
    return session;
  }

  get signedIn(): boolean {
    return this.tokens !== null;
  }

  async signIn(): Promise<void> {
    const { address, ...begun } = await begin(this.app, SCOPE);
    sessionStorage.setItem(BEGUN, JSON.stringify({ ...begun, page: location.hash }));
    location.assign(address);
  }

  async signOut(): Promise<void> {
    const ended = this.tokens;
    this.keep(null);
    if (ended !== null) await revoke(this.app, ended.refresh);
  }

  /** Sends a request; renews the token once where it has ended. */
  private async send(request: Request): Promise<Response> {
    const again = request.clone();
    const answer = await fetch(request);
    if (answer.status !== 401 || this.tokens === null) return answer;
    if (again.headers.get("Authorization") === `Bearer ${this.tokens.access}`) await this.renew(this.tokens);
    if (this.tokens === null) return answer;
    again.headers.set("Authorization", `Bearer ${this.tokens.access}`);
    return fetch(again);
  }

  private renewing: Promise<void> | null = null;

  /** Several requests may find the token ended: one of them renews it for all. */
  private renew({ refresh }: Tokens): Promise<void> {
    this.renewing ??= renew(this.app, refresh)
      .then((tokens) => this.keep(tokens), () => this.keep(null))
      .finally(() => (this.renewing = null));
    return this.renewing;
  }

  private keep(tokens: Tokens | null): void {
    this.tokens = tokens;
    if (tokens === null) sessionStorage.removeItem(TOKENS);
    else sessionStorage.setItem(TOKENS, JSON.stringify(tokens));
  }
}

function load<T>(name: string): T | null {
  return JSON.parse(sessionStorage.getItem(name) ?? "null");
}

function take<T>(name: string): T | null {
  const found = load<T>(name);
  sessionStorage.removeItem(name);
  return found;
}

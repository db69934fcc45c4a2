// Calls of the API, typed by its OpenAPI document. Invariant: every call that needs one carries a token that has not
// ended, and a login that has ended is noticed once, wherever it shows.

import createClient from "openapi-fetch";
import createQueries from "openapi-react-query";
import type { components, paths } from "../api/schema";
import { isFile, once } from "./once";
import { accessToken, Offline } from "./session";

export { Offline };

export type Schemas = components["schemas"];
/** Further members are those of its code. */
export type Problem = Schemas["Problem"] & { field?: string; retry_after_s?: number };

/** What the server said instead of doing it. `code` is stable; `message` is for people. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly problem: Problem,
    readonly status: number,
  ) {
    super(problem.detail || problem.title);
  }

  get code(): string {
    return this.problem.code;
  }

  /** Which field of what was sent is at fault, if it is one: "email", "node.title". */
  get field(): string | null {
    return this.problem.field ?? / at `\$\.([^`]+)`/.exec(this.message)?.[1] ?? null;
  }
}

/** A server that says nothing for so long is not there. Files take the time they take. */
const PATIENCE_MS = 60_000;

async function send(request: Request): Promise<Response> {
  const patience = new AbortController();
  const timer = isFile(request) ? undefined : setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    return await fetch(request, { signal: AbortSignal.any([request.signal, patience.signal]) });
  } catch (error) {
    // Whoever asked does not want to know any more.
    if (request.signal.aborted && (request.signal.reason as Error).name === "AbortError") throw request.signal.reason;
    throw new Offline(String(error));
  } finally {
    clearTimeout(timer);
  }
}

/** The token is at fault, and not what was typed: another one may help. */
const STALE = new Set(["unauthenticated", "identity.token_expired", "identity.token_invalid", "identity.session_ended"]);

/** Any address of the server, as whoever is logged in. Raises Refusal, Offline. */
export async function ask(request: Request): Promise<Response> {
  const again = request.clone();
  const token = await accessToken();
  if (token) request.headers.set("authorization", `Bearer ${token}`);
  const answer = await send(request);
  if (answer.ok || answer.status === 304) return answer;
  const refusal = new Refusal(await problemOf(answer), answer.status);
  if (answer.status !== 401 || !token || !STALE.has(refusal.code)) throw refusal;
  const another = await accessToken({ refused: token });
  if (!another) throw refusal;
  again.headers.set("authorization", `Bearer ${another}`);
  const second = await send(again);
  if (second.ok || second.status === 304) return second;
  throw new Refusal(await problemOf(second), second.status);
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    return (await answer.json()) as Problem;
  } catch {
    return { type: "about:blank", title: answer.statusText || "Error", status: answer.status, code: "unreadable" };
  }
}

/** Whether the server said that it did not do it. */
const isAnswered = (error: unknown) => error instanceof Refusal && error.status < 500;

/** `api.GET("/api/v1/courses")`; raises Refusal or Offline, so that `data` is there where nothing is raised. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: once(ask, isAnswered) });

/** `queries.useQuery("get", "/api/v1/courses")`. */
export const queries = createQueries(api);

/** The body of a call that succeeded. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

/** A key under which something counts once that is kept over a reload. A call that is made here and now gets its own: see
 * `once`. */
export function onceKey(): string {
  return crypto.randomUUID();
}

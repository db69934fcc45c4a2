// Calls of the API, typed by its OpenAPI document. Invariant: every call that needs one carries a token that has not
// ended, and a login that has ended is noticed once, wherever it shows.

import createClient from "openapi-fetch";
import createQueries from "openapi-react-query";
import type { components, paths } from "../api/schema";
import { accessToken, ended } from "./session";

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

/** The network did not answer. */
export class Offline extends Error {
  override readonly name = "Offline";
}

async function send(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    throw new Offline(String(error));
  }
}

/** The token is at fault, and not what was typed: another one may help. */
const STALE = new Set(["unauthenticated", "identity.token_expired", "identity.token_invalid", "identity.session_ended"]);

async function authorised(request: Request): Promise<Response> {
  const again = request.clone();
  const token = await accessToken({ fresh: false });
  if (token) request.headers.set("authorization", `Bearer ${token}`);
  const answer = await send(request);
  if (answer.status !== 401 || !token) return refused(answer);
  const { code } = (await answer.clone().json()) as Problem;
  if (!STALE.has(code)) return refused(answer);
  const fresh = await accessToken({ fresh: true });
  if (!fresh) {
    ended(code);
    return refused(answer);
  }
  again.headers.set("authorization", `Bearer ${fresh}`);
  return refused(await send(again));
}

async function refused(answer: Response): Promise<Response> {
  if (answer.ok || answer.status === 304) return answer;
  let problem: Problem;
  try {
    problem = (await answer.json()) as Problem;
  } catch {
    problem = { type: "about:blank", title: answer.statusText || "Error", status: answer.status, code: "unreadable", detail: "" } as Problem;
  }
  throw new Refusal(problem, answer.status);
}

/** `api.GET("/api/v1/courses")`; raises Refusal or Offline, so that `data` is there where nothing is raised. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: authorised });

/** `queries.useQuery("get", "/api/v1/courses")`. */
export const queries = createQueries(api);

/** The body of a call that succeeded. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

/** A key under which the same call counts once. */
export function onceKey(): string {
  return crypto.randomUUID();
}

// Who is logged in. Invariant: the access token is in memory only, the refresh token in a cookie that no script reads;
// tabs renew one after another, so that no refresh token is ever used twice.

import { create } from "zustand";
import type { components } from "../api/schema";

type Tokens = components["schemas"]["TokensOut"];
export type User = components["schemas"]["UserOut"];

interface Login {
  /** `unknown` until the first answer after loading. */
  phase: "unknown" | "visitor" | "known";
  user: User | null;
  /** The server ended it: the code says why, for whoever tells the person. */
  endedBy: string | null;
  /** Staff look through the eyes of `user`, without touching anything. */
  look: Look | null;
}

interface Look {
  sessionId: string;
  until: number;
}

/** The network did not answer, or nothing that can be understood. */
export class Offline extends Error {
  override readonly name = "Offline";
}

export const useLogin = create<Login>(() => ({ phase: "unknown", user: null, endedBy: null, look: null }));

const MARK = "lyceum.login";
/** Somebody logged out, and the server has not heard of it. */
const LEAVING = "lyceum.leaving";
const GUEST = "lyceum.guest";
const EARLY_MS = 30_000;
const PATIENCE_MS = 20_000;
const tabs = new BroadcastChannel("lyceum.login");

interface Token {
  value: string;
  until: number;
}

let token: Token | null = null;
/** One's own, while one looks through the eyes of another. */
let own: { token: Token | null; user: User | null } | null = null;
let renewing: Promise<string | null> | null = null;

export const COOKIE_MODE = { "x-session-mode": "cookie" } as const;

/** After whatever logged somebody in. */
export function entered(tokens: Tokens): void {
  localStorage.removeItem(LEAVING);
  keep(tokens);
  tabs.postMessage({ is: "entered", id: tokens.user.id });
}

function keep(tokens: Tokens): void {
  token = { value: tokens.access_token, until: Date.now() + tokens.expires_in * 1000 };
  localStorage.setItem(MARK, tokens.user.id);
  useLogin.setState({ phase: "known", user: tokens.user, endedBy: null });
}

interface Wanted {
  /** The server did not take the last one. */
  fresh?: boolean;
  /** The one that the server did not take. */
  refused?: string;
}

/** A token that is good for a while, or null for a visitor. Raises Offline where nobody can say who this is. */
export async function accessToken({ fresh = false, refused }: Wanted = {}): Promise<string | null> {
  const isTaken = !fresh && token !== null && token.value !== refused;
  if (own) {
    if (isTaken && token && token.until > Date.now()) return token.value;
    lookAway();
    return null;
  }
  if (isTaken && token && token.until - EARLY_MS > Date.now()) return token.value;
  if (!token && localStorage.getItem(MARK) === null) return null;
  return renew();
}

/** Once, before anything is shown: goes on with the login of this browser, if there is one. */
export async function resume(): Promise<void> {
  if (localStorage.getItem(LEAVING)) void leaveLate();
  try {
    if (localStorage.getItem(MARK) === null) useLogin.setState({ phase: "visitor" });
    else await renew();
  } catch {
    // Nobody can say whether the login still holds: what is kept on this device stays usable.
    useLogin.setState({ phase: "known" });
  }
}

function renew(): Promise<string | null> {
  renewing ??= inTurn().finally(() => {
    renewing = null;
  });
  return renewing;
}

async function inTurn(): Promise<string | null> {
  // Locks are for safe origins only; a page over plain HTTP has no cookie to renew by either.
  return navigator.locks ? await navigator.locks.request("lyceum.refresh", refresh) : refresh();
}

async function refresh(): Promise<string | null> {
  const tokens = await renewed();
  if (tokens === null) {
    ended("identity.session_ended");
    return null;
  }
  const { user } = useLogin.getState();
  // Another person logged in elsewhere in this browser: nothing of what is shown here may be done in their name.
  if (user && user.id !== tokens.user.id) return startAnew();
  keep(tokens);
  return tokens.access_token;
}

/** By the cookie; null where it is good for nothing any more. Raises Offline. */
async function renewed(): Promise<Tokens | null> {
  try {
    const answer = await fetch("/api/v1/auth/refresh", { method: "POST", headers: { ...COOKIE_MODE }, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.ok) return (await answer.json()) as Tokens;
    if (answer.status < 500 && answer.status !== 429) return null;
    throw new Error(String(answer.status));
  } catch (error) {
    throw new Offline(String(error));
  }
}

/** Nothing of this page goes on. */
function startAnew(): Promise<never> {
  location.assign("/");
  return new Promise(() => undefined);
}

/** The login is over. */
export function ended(code: string | null): void {
  if (own) return lookAway();
  forget(code);
  tabs.postMessage({ is: "ended" });
}

function forget(code: string | null): void {
  token = null;
  own = null;
  localStorage.removeItem(MARK);
  useLogin.setState({ phase: "visitor", user: null, endedBy: code, look: null });
}

/** Logs out; without a network for this browser now, and for the server as soon as it can be told. */
export async function leave(): Promise<void> {
  localStorage.setItem(LEAVING, "1");
  try {
    const value = await accessToken();
    if (value) await told(value);
  } catch {
    // `resume` will tell.
  }
  ended(null);
}

async function leaveLate(): Promise<void> {
  try {
    const tokens = await renewed();
    // Somebody may have logged in meanwhile, whose login this is then.
    if (!localStorage.getItem(LEAVING)) return;
    if (tokens) await told(tokens.access_token);
    else localStorage.removeItem(LEAVING);
  } catch {
    // Not now either.
  }
}

async function told(value: string): Promise<void> {
  const answer = await fetch("/api/v1/auth/logout", { method: "POST", headers: { ...COOKIE_MODE, authorization: `Bearer ${value}` } });
  if (answer.ok || answer.status === 401) localStorage.removeItem(LEAVING);
}

/** Shows what somebody else sees. It is in the memory of this tab alone: loading anew gives one's own eyes back. */
export async function lookThrough(begun: components["schemas"]["ImpersonationOut"]): Promise<void> {
  const answer = await fetch("/api/v1/auth/me", { headers: { authorization: `Bearer ${begun.access_token}` } });
  if (!answer.ok) throw new Error(`the look was refused: ${answer.status}`);
  const user = (await answer.json()) as User;
  own = { token, user: useLogin.getState().user };
  const until = Date.now() + begun.expires_in * 1000;
  token = { value: begun.access_token, until };
  useLogin.setState({ user, look: { sessionId: begun.session_id, until } });
}

export function lookAway(): void {
  if (!own) return;
  token = own.token;
  useLogin.setState({ user: own.user, look: null });
  own = null;
}

/** A name or address that changed elsewhere in the client. */
export function changed(user: Partial<User>): void {
  const before = useLogin.getState().user;
  if (before) useLogin.setState({ user: { ...before, ...user } });
}

export const guest = {
  secret: () => localStorage.getItem(GUEST),
  keep: (secret: string) => localStorage.setItem(GUEST, secret),
  forget: () => localStorage.removeItem(GUEST),
};

/** Whose the things on this device are that may be shown and sent here: also known without a network. */
export function lastUserId(): string | null {
  const { user, look } = useLogin.getState();
  if (look) return null;
  return user?.id ?? localStorage.getItem(MARK);
}

tabs.onmessage = (event: MessageEvent<{ is: string; id?: string }>) => {
  if (event.data.is === "ended") forget(null);
  // Another person logged in there: what this tab shows is no longer theirs.
  else if (event.data.id !== useLogin.getState().user?.id) void startAnew();
};

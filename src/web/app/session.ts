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

export const useLogin = create<Login>(() => ({ phase: "unknown", user: null, endedBy: null, look: null }));

const MARK = "lyceum.login";
const GUEST = "lyceum.guest";
const EARLY_MS = 30_000;
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
  keep(tokens);
  tabs.postMessage({ is: "entered", id: tokens.user.id });
}

function keep(tokens: Tokens): void {
  token = { value: tokens.access_token, until: Date.now() + tokens.expires_in * 1000 };
  localStorage.setItem(MARK, tokens.user.id);
  useLogin.setState({ phase: "known", user: tokens.user, endedBy: null });
}

/** A token that is good for a while, or null for a visitor. `fresh`: the server did not take the last one. */
export async function accessToken({ fresh }: { fresh: boolean }): Promise<string | null> {
  if (own) return token && !fresh && token.until > Date.now() ? token.value : null;
  if (!fresh && token && token.until - EARLY_MS > Date.now()) return token.value;
  if (!fresh && !token && localStorage.getItem(MARK) === null) return null;
  return renew();
}

/** Once, before anything is shown: goes on with the login of this browser, if there is one. */
export async function resume(): Promise<void> {
  if (localStorage.getItem(MARK) === null) useLogin.setState({ phase: "visitor" });
  else if ((await renew()) === null && useLogin.getState().phase === "unknown") offlineOrGone();
}

function offlineOrGone(): void {
  // Without a network nobody can say whether the login still holds: what is kept on this device stays usable.
  useLogin.setState({ phase: localStorage.getItem(MARK) === null ? "visitor" : "known" });
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
  let answer: Response;
  try {
    answer = await fetch("/api/v1/auth/refresh", { method: "POST", headers: { ...COOKIE_MODE } });
  } catch {
    return null;
  }
  if (answer.ok) {
    keep((await answer.json()) as Tokens);
    return token?.value ?? null;
  }
  if (answer.status === 401) ended("identity.session_ended");
  return null;
}

/** The login is over. */
export function ended(code: string | null): void {
  if (own) return lookAway();
  forget(code);
  tabs.postMessage({ is: "ended" });
}

function forget(code: string | null): void {
  token = null;
  localStorage.removeItem(MARK);
  useLogin.setState({ phase: "visitor", user: null, endedBy: code });
}

export async function leave(): Promise<void> {
  const value = await accessToken({ fresh: false });
  const headers = { ...COOKIE_MODE, ...(value ? { authorization: `Bearer ${value}` } : {}) };
  await fetch("/api/v1/auth/logout", { method: "POST", headers }).catch(() => undefined);
  ended(null);
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

/** The id of whoever was last logged in here, also without a network. */
export const lastUserId = () => localStorage.getItem(MARK);

tabs.onmessage = (event: MessageEvent<{ is: string; id?: string }>) => {
  if (event.data.is === "ended") forget(null);
  // Another person logged in there: what this tab shows is no longer theirs.
  else if (event.data.id !== useLogin.getState().user?.id) location.assign("/");
};

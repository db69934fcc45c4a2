// Ways in. Each ends with tokens, or with the second factor that is asked for; `arrive` makes the tokens this browser's.

import i18next from "i18next";
import { api, body, Refusal, type Schemas } from "../app/api";
import { texts } from "../app/i18n";
import { COOKIE_MODE, entered, guest, type User, useLogin } from "../app/session";

type Tokens = Schemas["TokensOut"];
export type Pending = Schemas["PendingOut"]["second_factor"];
export type Outcome = { tokens: Tokens } | { pending: Pending };

const headers = { ...COOKIE_MODE };
const FLOW = "lyceum.oidc";
/** Nobody waits longer for answers to be sent. */
const MOST_MS = 6_000;
const here = () => ({ locale: navigator.language, time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone });

/** Somebody whom only this device stands for. */
export const isGuest = (user: Pick<User, "email" | "username"> | null) => user !== null && user.email === null && user.username === null;

/** Here is what tokens and cookie stand for from now on. A guest's progress goes along; that it could not is raised
 * after the login, which stands. */
export async function arrive(tokens: Tokens, { from }: { from: User | null }): Promise<void> {
  try {
    if (isGuest(from) && from?.id !== tokens.user.id && !isGuest(tokens.user)) {
      // Only the guest can send what was learned here without a network.
      if (await unsent()) throw new Unsent("answers of the guest wait");
      await api.POST("/api/v1/auth/merge", { body: { access_token: tokens.access_token } });
      guest.forget();
    }
  } finally {
    entered(tokens);
  }
}

/** The server does not know of all answers that were given here. */
export class Unsent extends Error {
  override readonly name = "Unsent";
}

/** How many answers of this device the server does not know, after they were sent once more. */
export async function unsent(): Promise<number> {
  const { count, mayBeReachable, sync } = await import("../learner/offline/sync");
  mayBeReachable();
  await Promise.race([sync(), new Promise((resolve) => setTimeout(resolve, MOST_MS))]);
  return count();
}

/** Before somebody logs out: what was prepared for them stays on no device that others use; what is unsent stays. */
export async function leaveNothing(): Promise<void> {
  const { forgetDevice } = await import("../learner/offline/bundle");
  await forgetDevice();
}

function outcome(answer: Tokens | Schemas["GuestOut"] | Schemas["PendingOut"] | undefined): Outcome {
  if (answer === undefined) throw new Error("the server answered with nothing");
  return "second_factor" in answer ? { pending: answer.second_factor } : { tokens: answer };
}

export async function byPassword(email: string, password: string): Promise<Outcome> {
  const named = email.includes("@") ? { email } : { username: email };
  return outcome(await body(api.POST("/api/v1/auth/login", { body: { ...named, password }, headers })));
}

/** The id that the code of the mail belongs to. */
export async function mailCode(email: string): Promise<string> {
  return (await body(api.POST("/api/v1/auth/login/code", { body: { email } }))).request_id;
}

export async function byCode(requestId: string, code: string): Promise<Outcome> {
  return outcome(await body(api.POST("/api/v1/auth/login/code/confirm", { body: { request_id: requestId, code: code.trim() }, headers })));
}

export async function byPasskey(): Promise<Outcome> {
  const { public_key } = await body(api.POST("/api/v1/auth/passkeys/login/options"));
  const passkey = await shownPasskey(public_key);
  return outcome(await body(api.POST("/api/v1/auth/passkeys/login", { body: { passkey }, headers })));
}

export type Proof = { code: string } | { recovery_code: string };

export async function bySecondFactor(token: string, proof: Proof): Promise<Tokens> {
  return body(api.POST("/api/v1/auth/second-factor", { body: { token, ...proof }, headers }));
}

export async function bySecondPasskey(token: string): Promise<Tokens> {
  const { public_key } = await body(api.POST("/api/v1/auth/second-factor/passkey", { body: { token } }));
  const passkey = await shownPasskey(public_key);
  return body(api.POST("/api/v1/auth/second-factor", { body: { token, passkey }, headers }));
}

export async function register(name: string, email: string, password: string): Promise<void> {
  entered(await body(api.POST("/api/v1/auth/register", { body: { name, email, password, ...here() }, headers })));
}

/** The guest of this browser, or a new one. */
export async function enterAsGuest(): Promise<void> {
  const device_secret = guest.secret();
  if (device_secret) {
    try {
      return await asGuest({ device_secret });
    } catch (error) {
      if (!(error instanceof Refusal && error.code === "identity.device_unknown")) throw error;
      guest.forget();
    }
  }
  await asGuest({ name: await someName() });
}

async function asGuest(told: { device_secret: string } | { name: string }): Promise<void> {
  const found = await body(api.POST("/api/v1/auth/guest", { body: { ...here(), ...told }, headers }));
  if ("second_factor" in found) return;
  if (found.device_secret) guest.keep(found.device_secret);
  entered(found);
}

/** By which others tell one guest from another. */
async function someName(): Promise<string> {
  await texts("people");
  const names = i18next.t("entry.guests", { returnObjects: true }) as string[];
  return names[Math.floor(Math.random() * names.length)] ?? "";
}

/** Leaves the page for the provider's; `back` is where the client goes on afterwards. */
export async function goToProvider(provider: string, { link = false, back }: { link?: boolean; back: string }): Promise<void> {
  const redirect_uri = `${location.origin}/login`;
  const begun = await body(api.POST("/api/v1/auth/oidc/{provider}/start", { params: { path: { provider } }, body: { link, redirect_uri } }));
  sessionStorage.setItem(FLOW, JSON.stringify({ verifier: begun.verifier, back }));
  location.assign(begun.url);
}

/** With the code that the provider's page led back with. A link has no outcome: who was logged in still is. */
export async function byProvider(code: string): Promise<{ outcome: Outcome | null; back: string }> {
  const { verifier, back } = begunFlow();
  sessionStorage.removeItem(FLOW);
  const found = await body(api.POST("/api/v1/auth/oidc/exchange", { body: { code, verifier }, headers }));
  return { outcome: "linked_at" in found ? null : outcome(found), back };
}

/** Without a verifier the server takes no code: whatever lies there instead begins again. */
function begunFlow(): { verifier: string; back: string } {
  let found: Partial<Record<"verifier" | "back", unknown>> | null = {};
  try {
    found = JSON.parse(sessionStorage.getItem(FLOW) ?? "{}") as typeof found;
  } catch {
    // Not written by us.
  }
  const back = String(found?.back ?? "");
  return { verifier: String(found?.verifier ?? ""), back: /^\/(?!\/)/.test(back) ? back : "/learn" };
}

export const knowsPasskeys = () => "PublicKeyCredential" in window && "parseCreationOptionsFromJSON" in PublicKeyCredential && !/^[\d.]+$|^\[/.test(location.hostname);

/** The person closed the browser's question, or no passkey fits. */
export class NotShown extends Error {
  override readonly name = "NotShown";
}

/** What a passkey answers to `options` of the server. */
export async function shownPasskey(options: Record<string, unknown>): Promise<Record<string, unknown>> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as unknown as PublicKeyCredentialRequestOptionsJSON);
  return answered(navigator.credentials.get({ publicKey }));
}

export async function madePasskey(options: Record<string, unknown>): Promise<Record<string, unknown>> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as unknown as PublicKeyCredentialCreationOptionsJSON);
  return answered(navigator.credentials.create({ publicKey }));
}

async function answered(asked: Promise<Credential | null>): Promise<Record<string, unknown>> {
  const found = await asked.catch((error: unknown) => {
    throw error instanceof DOMException && error.name === "NotAllowedError" ? new NotShown(error.message) : error;
  });
  if (!(found instanceof PublicKeyCredential)) throw new NotShown("no passkey was shown");
  return found.toJSON() as unknown as Record<string, unknown>;
}

export const whoIsHere = () => useLogin.getState().user;

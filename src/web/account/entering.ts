// Ways in. Each ends with somebody logged in, or with the second factor that is asked for.

import { api, type Schemas } from "../app/api";
import { COOKIE_MODE, entered, guest } from "../app/session";

export type Pending = Schemas["PendingOut"]["second_factor"];

const headers = { ...COOKIE_MODE };
const here = () => ({ locale: navigator.language, time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone });

/** Null where somebody is in now. */
function taken(answer: Schemas["TokensOut"] | Schemas["PendingOut"] | undefined): Pending | null {
  if (answer && "second_factor" in answer) return answer.second_factor;
  if (answer) entered(answer);
  return null;
}

export async function logIn(email: string, password: string): Promise<Pending | null> {
  return taken((await api.POST("/api/v1/auth/login", { body: { email, password }, headers })).data);
}

export async function register(name: string, email: string, password: string): Promise<void> {
  taken((await api.POST("/api/v1/auth/register", { body: { name, email, password, ...here() }, headers })).data);
}

/** The guest of this browser, or a new one. */
export async function enterAsGuest(): Promise<void> {
  const secret = guest.secret();
  const { data } = await api.POST("/api/v1/auth/guest", { body: { ...here(), ...(secret ? { device_secret: secret } : {}) }, headers });
  if (data && !("second_factor" in data)) {
    if (data.device_secret) guest.keep(data.device_secret);
    entered(data);
  }
}

// Push to this browser. Invariant: asked for only by the press of a button, and taken back by the same one or by
// logging out.

import { api, body } from "../app/api";

export const isPushable = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** The person, or what they chose long ago, said no. */
export class NotAllowed extends Error {
  override readonly name = "NotAllowed";
}

export async function subscription(): Promise<PushSubscription | null> {
  const found = isPushable() ? await navigator.serviceWorker.getRegistration("/") : undefined;
  return (await found?.pushManager.getSubscription()) ?? null;
}

export async function turnOnPush(): Promise<void> {
  // First of all, while the browser still knows that somebody pressed a button.
  if ((await Notification.requestPermission()) !== "granted") throw new NotAllowed("notifications are not allowed");
  const { pushManager } = await navigator.serviceWorker.ready;
  const { public_key } = await body(api.GET("/api/v1/notifications/web-push/key"));
  // One of another key would keep the new one away.
  await (await pushManager.getSubscription())?.unsubscribe();
  await kept(await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: public_key }));
}

export async function turnOffPush(): Promise<void> {
  const made = await subscription();
  if (!made) return;
  const device_id = await kept(made);
  await api.DELETE("/api/v1/notifications/devices/{device_id}", { params: { path: { device_id } } });
  await made.unsubscribe();
}

export async function forgetPush(): Promise<void> {
  await (await subscription())?.unsubscribe();
}

/** The id of this browser among one's devices. */
async function kept(made: PushSubscription): Promise<string> {
  const { endpoint = "", keys = {} } = made.toJSON();
  const told = { endpoint, keys: { auth: keys.auth ?? "", p256dh: keys.p256dh ?? "" } };
  return (await body(api.POST("/api/v1/notifications/web-push", { body: told }))).id;
}

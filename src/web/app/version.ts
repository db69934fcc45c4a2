// New versions of the client. Invariant: a page goes on with the files that it was begun with; a newer version takes
// over before a page shows anything or between two screens, never in the middle of one.

/** What the service worker hears. */
const TAKE_OVER = "take over";
const CHECK_MS = 3_600_000;
const PATIENCE_MS = 1_500;
const HEALED = "lyceum.healed";
const HEALED_FOR_MS = 60_000;

let registration: ServiceWorkerRegistration | undefined;
/** Another version answers for this page than the one that it was begun with. */
let isBehind = false;

/** At the start, before anything is shown: where a newer version waits, the page is loaded anew by it. */
export async function beginNewest(): Promise<void> {
  const workers = navigator.serviceWorker;
  // A page that no worker answers for came from the server just now.
  if (!workers?.controller) return;
  workers.addEventListener("controllerchange", () => {
    isBehind = true;
  });
  registration = await workers.getRegistration("/");
  if (!registration?.waiting) return;
  const taken = new Promise((resolve) => workers.addEventListener("controllerchange", resolve, { once: true }));
  registration.waiting.postMessage(TAKE_OVER);
  await Promise.race([taken, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  goOnNewest();
}

/** Between two screens: a newer version is let in at one step, and shown from the next. */
export function goOnNewest(): void {
  if (isBehind) location.reload();
  else registration?.waiting?.postMessage(TAKE_OVER);
}

/** From now on the client opens without a network, and hears of newer versions. */
export async function keepUpToDate(): Promise<void> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  try {
    registration = await navigator.serviceWorker.register("/worker.js", { scope: "/" });
  } catch (error) {
    // As in some private windows: then it needs the network.
    console.warn(error);
    return;
  }
  setInterval(() => void registration?.update().catch(() => undefined), CHECK_MS);
}

/** Whether a part of the client could not be fetched: after a new version its files have other names. */
export function isMissingPart(error: unknown): boolean {
  return error instanceof Error && /dynamically imported module|module script failed|preload CSS/i.test(error.message);
}

/** Loads the page anew, unless that was done just now and did not help. */
export function heal(): boolean {
  const last = Number(sessionStorage.getItem(HEALED) ?? 0);
  if (!navigator.onLine || Date.now() - last < HEALED_FOR_MS) return false;
  sessionStorage.setItem(HEALED, String(Date.now()));
  location.reload();
  return true;
}

// Tries again what the network did not carry.

import { Offline, Refusal } from "./api";

const TRIES = 4;
const PAUSE_MS = 800;

/** What the server says of `work` counts, unless it has trouble of its own. While there is no network, waits for it. */
export async function stubbornly<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let turn = 1; ; turn += 1) {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted || !isPassing(error)) throw error;
      if (!navigator.onLine) {
        await heard("online", signal);
        turn = 0;
      } else if (turn >= TRIES) throw error;
    }
    await pause(PAUSE_MS * turn, signal);
  }
}

/** `fetch` itself raises TypeError where nothing answered. */
const isPassing = (error: unknown) => error instanceof Offline || error instanceof TypeError || (error instanceof Refusal && (error.status >= 500 || error.status === 429));

export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}

function heard(event: "online", signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    addEventListener(event, () => resolve(), { once: true, ...(signal ? { signal } : {}) });
    signal?.addEventListener("abort", () => reject(signal.reason as Error));
  });
}

// Files that only their owner may fetch.

import { ask } from "./api";

const KEPT_MS = 60_000;

/** Saves the file of an address under the name that the server gives it or else `name`. Raises Refusal, Offline. */
export async function download(from: string, name: string): Promise<void> {
  const answer = await ask(new Request(from));
  save(await answer.blob(), named(answer.headers.get("content-disposition") ?? "") ?? name);
}

export function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // Some browsers begin to read it only later.
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}

function named(disposition: string): string | undefined {
  const [, extended] = /filename\*=UTF-8''([^;]+)/i.exec(disposition) ?? [];
  return extended ? decodeURIComponent(extended) : /filename="?([^";]+)/.exec(disposition)?.[1];
}

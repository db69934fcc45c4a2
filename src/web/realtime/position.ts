// How far a learner's stream was seen, and where that is kept between two visits.

import type { Moment } from "./frames.js";

/** Sent with the next connection, so that what was missed comes and what was seen does not. */
export interface Position {
  epoch: string;
  seq: number;
  at: Moment;
  /** What names the durable frames that were delivered lately, oldest first. */
  known: readonly string[];
}

export interface PositionStore {
  load(): Position | undefined | Promise<Position | undefined>;
  save(position: Position): void;
}

/** For one visit: a page that is loaded again begins at the head of the stream. */
export function forgetful(): PositionStore {
  return { load: () => undefined, save: () => undefined };
}

/** In the browser. Tabs of one person share a place, and the one that has seen most writes it. */
export function inBrowser(userId: string, storage: Pick<Storage, "getItem" | "setItem"> = localStorage): PositionStore {
  const key = `lyceum.position.${userId}`;
  const load = (): Position | undefined => {
    try {
      const found = JSON.parse(storage.getItem(key) ?? "null") as Position | null;
      return found && typeof found.epoch === "string" && Array.isArray(found.known) ? found : undefined;
    } catch {
      return undefined; // Written by somebody else, or storage is closed to us.
    }
  };
  const save = (position: Position): void => {
    const stored = load();
    if (stored && isAhead(stored, position)) return;
    try {
      storage.setItem(key, JSON.stringify(position));
    } catch {
      // Full or closed: the next visit begins at the head of the stream.
    }
  };
  return { load, save };
}

function isAhead(one: Position, other: Position): boolean {
  return one.epoch === other.epoch ? one.seq > other.seq : Date.parse(one.at) > Date.parse(other.at);
}

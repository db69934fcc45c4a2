// What is learned on this device and not yet known to the server, in IndexedDB, for each person apart.
// Invariant: an answer is kept here before it is sent, under the key by which it counts once, until the server has taken
// or refused it; so neither a cut line nor a closed page loses one, and none counts twice.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { lastUserId } from "../../app/session";
import type { Exercise, Session } from "../player/queue";

export interface Solution {
  /** What is right, as the author wrote it. Its form depends on the kind. */
  content: { kind: string } & Record<string, unknown>;
  explanation: string;
}

export interface KeptSession {
  id: string;
  /** Of the lesson, where it is known. */
  title: string;
  session: Session;
  /** By exercise; empty for a session that was begun with a network. */
  solutions: Record<string, Solution>;
  /** The server handed it out beforehand and does not know yet that it was begun. */
  isPrepared: boolean;
  begunAt: string | null;
  completedAt: string | null;
  expiresAt: string;
}

export interface KeptAnswer {
  key: string;
  sessionId: string;
  exerciseId: string;
  answer: unknown;
  answeredAt: string;
  elapsedMs: number;
  /** Among those of the session. */
  place: number;
}

interface Tables extends DBSchema {
  sessions: { key: string; value: KeptSession };
  answers: { key: string; value: KeptAnswer; indexes: { session: string } };
}

export const KEPT_MS = 30 * 24 * 3600 * 1000;

const opened = new Map<string, Promise<IDBPDatabase<Tables>>>();

function tables(): Promise<IDBPDatabase<Tables>> {
  const name = `lyceum.learning.${lastUserId() ?? ""}`;
  const found = opened.get(name);
  if (found) return found;
  const opening = openDB<Tables>(name, 1, {
    upgrade(database) {
      database.createObjectStore("sessions", { keyPath: "id" });
      database.createObjectStore("answers", { keyPath: "key" }).createIndex("session", "sessionId");
    },
    terminated: () => opened.delete(name),
    // A newer page wants to change the tables: it is not held up.
    blocking: (_now, _wanted, event) => {
      opened.delete(name);
      (event.target as IDBDatabase).close();
    },
  });
  opened.set(name, opening);
  opening.catch(() => opened.delete(name));
  return opening;
}

/** `other` where this browser keeps nothing, as in some private windows: then a network is needed, and all else works. */
async function or<T>(other: T, work: (database: IDBPDatabase<Tables>) => Promise<T>): Promise<T> {
  try {
    return await work(await tables());
  } catch (error) {
    console.warn(error);
    return other;
  }
}

export const sessions = {
  one: (id: string) => or<KeptSession | undefined>(undefined, (database) => database.get("sessions", id)),
  all: () => or<KeptSession[]>([], (database) => database.getAll("sessions")),
  keep: (session: KeptSession) => or<unknown>(null, (database) => database.put("sessions", session)),
  drop: (id: string) =>
    or<unknown>(null, async (database) => {
      const change = database.transaction(["sessions", "answers"], "readwrite");
      const keys = await change.objectStore("answers").index("session").getAllKeys(id);
      await Promise.all([change.objectStore("sessions").delete(id), ...keys.map((key) => change.objectStore("answers").delete(key)), change.done]);
    }),
  /** One session changed in place, if it is there. */
  change: (id: string, changed: (session: KeptSession) => KeptSession) =>
    or<unknown>(null, async (database) => {
      const change = database.transaction("sessions", "readwrite");
      const found = await change.store.get(id);
      if (found) await change.store.put(changed(found));
      await change.done;
    }),
};

export const answers = {
  /** In the order in which they were given. */
  of: async (sessionId: string) => (await or<KeptAnswer[]>([], (database) => database.getAllFromIndex("answers", "session", sessionId))).sort((one, other) => one.place - other.place),
  all: () => or<KeptAnswer[]>([], (database) => database.getAll("answers")),
  /** Whether it is kept. */
  keep: (answer: KeptAnswer) =>
    or(false, async (database) => {
      await database.put("answers", answer);
      return true;
    }),
  drop: (keys: readonly string[]) =>
    or<unknown>(null, async (database) => {
      const change = database.transaction("answers", "readwrite");
      await Promise.all([...keys.map((key) => change.store.delete(key)), change.done]);
    }),
};

/** What became of an exercise, for whoever opens the session again. */
export function settled(session: Session, exerciseId: string, again: boolean, next?: Exercise | null): Session {
  const before = session.exercises.find((one) => one.id === exerciseId);
  const exercises = session.exercises.map((one) => (one.id === exerciseId ? { ...one, answered: true, again } : one));
  return { ...session, exercises: next ? [...exercises, next] : exercises, answered: session.answered + (before?.answered ? 0 : 1) };
}

// Rooms that the program wants to be in. Invariant: they are joined again after every connection, until the program
// leaves them or the server says that the right to be there is gone.

import type { CallFailed } from "./calls.js";
import type { Commands } from "./frames.js";

/** `league`, `session`, … */
export type Room = { [C in keyof Commands]: C extends `${infer R}.watch` ? R : never }[keyof Commands];
export type Ticket<R extends Room> = Commands[`${R}.watch`]["payload"];
/** `code` says why: a refusal, or what `room.left` told. */
export type OnLost = (code: string) => void;

interface Wish {
  room: Room;
  payload: Ticket<Room>;
  holders: Set<OnLost>;
}

export interface Door {
  ask(command: `${Room}.watch` | `${Room}.unwatch`, payload: object): Promise<unknown>;
}

const RETRY_MS = 2_000;

export class Rooms {
  readonly #door: Door;
  readonly #wishes = new Map<string, Wish>();

  constructor(door: Door) {
    this.#door = door;
  }

  /** Gives what undoes it. Several may hold one room; it is left when the last lets go. */
  enter<R extends Room>(room: R, payload: Ticket<R>, onLost: OnLost): () => void {
    const key = keyOf(room, payload);
    const holder: OnLost = (code) => onLost(code);
    const wish = this.#wishes.get(key) ?? { room, payload, holders: new Set<OnLost>() };
    if (wish.holders.add(holder).size === 1) {
      this.#wishes.set(key, wish);
      void this.#join(key, wish);
    }
    return () => {
      if (!wish.holders.delete(holder) || wish.holders.size || this.#wishes.get(key) !== wish) return;
      this.#wishes.delete(key);
      this.#door.ask(`${room}.unwatch`, { [idName(room)]: idOf(room, payload) }).catch(() => undefined);
    };
  }

  /** After a connection: all of them anew. */
  again(): void {
    for (const [key, wish] of this.#wishes) void this.#join(key, wish);
  }

  /** The server has taken this client out of a room. */
  left(key: string, code: string): void {
    const wish = this.#wishes.get(key);
    this.#wishes.delete(key);
    for (const holder of wish?.holders ?? []) holder(code);
  }

  async #join(key: string, wish: Wish): Promise<void> {
    try {
      await this.#door.ask(`${wish.room}.watch`, wish.payload);
    } catch (error) {
      const failed = error as CallFailed;
      if (this.#wishes.get(key) !== wish || failed.code === "client.offline") return;
      if (failed.isPassing) setTimeout(() => this.#wishes.get(key) === wish && void this.#join(key, wish), RETRY_MS);
      else this.left(key, failed.code);
    }
  }
}

/** As the server names the room. */
function keyOf(room: Room, payload: object): string {
  return `${room}:${idOf(room, payload)}`;
}

function idOf(room: Room, payload: object): string {
  return (payload as Record<string, string>)[idName(room)] ?? "";
}

/** A draft is named by its course. */
function idName(room: Room): string {
  return room === "draft" ? "course_id" : `${room}_id`;
}

// The live connection of whoever is logged in. Invariant: there is one while somebody is, and none otherwise.

import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { create } from "zustand";
import { type Delivered, type Event, inBrowser, Live, LoggedOut, type OnLost, type Room, type State } from "../realtime/index";
import type { Ticket } from "../realtime/rooms";
import { accessToken, useLogin } from "./session";

interface Connection {
  live: Live | null;
  state: State;
}

export const useConnection = create<Connection>(() => ({ live: null, state: { phase: "connecting" } }));

/** Gives what ends it. */
export function keepConnected(queries: QueryClient): () => void {
  let userId: string | null = null;
  const follow = () => {
    const { user, look } = useLogin.getState();
    // Nobody's news are heard through their eyes.
    const wanted = look ? null : (user?.id ?? null);
    if (wanted === userId) return;
    useConnection.getState().live?.close();
    // What was read is for the eyes of whoever was logged in then.
    if (userId !== null) queries.clear();
    userId = wanted;
    useConnection.setState({ live: userId === null ? null : connect(userId, queries), state: { phase: "connecting" } });
  };
  const stop = useLogin.subscribe(follow);
  follow();
  return () => {
    stop();
    useConnection.getState().live?.close();
  };
}

function connect(userId: string, queries: QueryClient): Live {
  return new Live(location.origin, {
    credential: async (why) => {
      const token = await accessToken(why);
      if (token) return token;
      if (useLogin.getState().phase === "visitor") throw new LoggedOut("nobody is logged in");
      throw new Error("no token now");
    },
    store: inBrowser(userId),
    reload: (paths) => {
      for (const path of paths) void queries.invalidateQueries({ predicate: (query) => asks(query.queryKey, path) });
    },
    onState: (state) => useConnection.setState({ state }),
  });
}

/** Whether a query reads the path; keys are [method, path, …]. */
function asks(key: readonly unknown[], path: string): boolean {
  return typeof key[1] === "string" && key[1].startsWith(path);
}

/** Hears an event while the component is there. The handler may change at every render. */
export function useFrame<E extends Event>(event: E, handler: (frame: Delivered<E>) => void): void {
  const live = useConnection((connection) => connection.live);
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(() => live?.on(event, (frame) => latest.current(frame)), [live, event]);
}

/** In the room while the component is there and `ticket` says which. */
export function useRoom<R extends Room>(room: R, ticket: Ticket<R> | null, onLost?: OnLost): void {
  const live = useConnection((connection) => connection.live);
  const key = JSON.stringify(ticket);
  const lost = useRef(onLost);
  useEffect(() => {
    lost.current = onLost;
  });
  useEffect(() => {
    if (!live || key === "null") return undefined;
    return live.watch(room, JSON.parse(key) as Ticket<R>, (code) => lost.current?.(code));
  }, [live, room, key]);
}

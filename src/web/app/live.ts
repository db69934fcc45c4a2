// The live connection of whoever is logged in. Invariant: there is one while somebody is, and none otherwise.

import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { create } from "zustand";
import type { Delivered, Event, Live, OnLost, Room, State } from "../realtime/index";
import type { Ticket } from "../realtime/rooms";
import { accessToken, useLogin } from "./session";

interface Connection {
  live: Live | null;
  state: State;
}

export const useConnection = create<Connection>(() => ({ live: null, state: { phase: "connecting" } }));

/** Gives what ends it. */
export function keepConnected(queries: QueryClient): () => void {
  let eyes: string | null = null;
  let turn = 0;
  const follow = () => {
    const { user, look } = useLogin.getState();
    const now = user && `${look ? "look " : ""}${user.id}`;
    if (now === eyes) return;
    useConnection.getState().live?.close();
    // What was read is for the eyes of whoever was logged in then; what a visitor read says less than there is now.
    if (eyes === null) void queries.invalidateQueries();
    else queries.clear();
    eyes = now;
    useConnection.setState({ live: null, state: { phase: "connecting" } });
    // Nobody's news are heard through their eyes.
    turn += 1;
    if (user && !look) void begin(user.id);
  };
  const begin = async (userId: string) => {
    const mine = turn;
    try {
      const live = await connect(userId, queries);
      if (mine === turn) useConnection.setState({ live });
      else live.close();
    } catch (error) {
      // Its part of the client could not be fetched; `wake` tries again.
      console.warn(error);
    }
  };
  const wake = () => {
    const { live } = useConnection.getState();
    const { user, look } = useLogin.getState();
    if (live) live.wake();
    else if (user && !look) void begin(user.id);
  };
  const stop = useLogin.subscribe(follow);
  addEventListener("online", wake);
  follow();
  return () => {
    stop();
    turn += 1;
    removeEventListener("online", wake);
    useConnection.getState().live?.close();
  };
}

async function connect(userId: string, queries: QueryClient): Promise<Live> {
  // The first screen does not wait for it.
  const { inBrowser, Live, LoggedOut } = await import("../realtime/index");
  return new Live(location.origin, {
    credential: async (why) => {
      const token = await accessToken(why);
      if (!token) throw new LoggedOut("nobody is logged in");
      return token;
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

// Sends what waits whenever the server may be there again, and tells all screens what came of it.

import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { count, mayBeReachable, sync, useWaiting } from "./sync";

export { useWaiting } from "./sync";

const AGAIN_MS = 15_000;
/** What learning changes. */
export const CHANGED = ["/api/v1/progress", "/api/v1/courses", "/api/v1/streak", "/api/v1/hearts", "/api/v1/goals", "/api/v1/quests", "/api/v1/leaderboards", "/api/v1/gems", "/api/v1/achievements"];

export function changed(client: QueryClient): void {
  void client.invalidateQueries({ predicate: ({ queryKey }) => CHANGED.some((path) => String(queryKey[1]).startsWith(path)) });
}

/** While the component is there. */
export function useReturning(): void {
  const client = useQueryClient();
  useEffect(() => {
    const send = async () => {
      if (await sync()) changed(client);
    };
    const back = () => {
      mayBeReachable();
      void send();
    };
    void count().then((waiting) => (waiting ? send() : undefined));
    addEventListener("online", back);
    const timer = setInterval(() => useWaiting.getState().count && void send(), AGAIN_MS);
    return () => {
      removeEventListener("online", back);
      clearInterval(timer);
    };
  }, [client]);
}

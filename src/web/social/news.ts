// What depends on what two people are to each other is read anew once it has changed, here or at the other's.

import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useFrame } from "../app/live";

const DEPENDENT = ["/api/v1/friends", "/api/v1/people", "/api/v1/follow", "/api/v1/blocks", "/api/v1/feed"];
const TOLD = new Set(["friend_request", "friend_accepted"]);

/** Of somebody who was `left`, nothing can be read any more: what shows them is read when it is next looked at. */
export function readAnew(client: QueryClient, left = false) {
  return client.invalidateQueries({
    predicate: ({ queryKey: [, path] }) => DEPENDENT.some((start) => String(path).startsWith(start)),
    refetchType: left ? "none" : "active",
  });
}

/** Whatever is shown meanwhile: the notification leads to what was perhaps read a moment before it came. */
export function useNewsOfFriends() {
  const client = useQueryClient();
  useFrame("notification.created", ({ kind }) => {
    if (TOLD.has(kind)) void readAnew(client);
  });
}

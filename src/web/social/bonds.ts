// What two people are to each other, and how one changes it. Every change reads anew what depends on it.

import { useQueryClient } from "@tanstack/react-query";
import { useTold } from "../account/reason";
import { api } from "../app/api";
import { unhurried, useMutation } from "../app/mutation";
import { readAnew } from "./news";

const CHANGES = {
  ask: (user_id: string) => api.POST("/api/v1/friends/requests", { body: { user_id } }),
  withdraw: (user_id: string) => api.DELETE("/api/v1/friends/requests/{user_id}", { params: { path: { user_id } } }),
  accept: (user_id: string) => api.POST("/api/v1/friends/requests/{user_id}/accept", { params: { path: { user_id } } }),
  decline: (user_id: string) => api.POST("/api/v1/friends/requests/{user_id}/decline", { params: { path: { user_id } } }),
  part: (user_id: string) => api.DELETE("/api/v1/friends/{user_id}", { params: { path: { user_id } } }),
  follow: (user_id: string) => api.PUT("/api/v1/people/{user_id}/follow", { params: { path: { user_id } } }),
  unfollow: (user_id: string) => api.DELETE("/api/v1/people/{user_id}/follow", { params: { path: { user_id } } }),
  shake: (user_id: string) => api.DELETE("/api/v1/followers/{user_id}", { params: { path: { user_id } } }),
  block: (user_id: string) => api.PUT("/api/v1/blocks/{user_id}", { params: { path: { user_id } } }),
  unblock: (user_id: string) => api.DELETE("/api/v1/blocks/{user_id}", { params: { path: { user_id } } }),
} satisfies Record<string, (userId: string) => Promise<unknown>>;

export type Change = keyof typeof CHANGES;

export function useBond(userId: string) {
  const client = useQueryClient();
  const tell = useTold();
  return useMutation({
    mutationFn: async (change: Change) => void (await unhurried<unknown>(CHANGES[change](userId))),
    onError: tell,
    onSettled: (_done, _error, change) => readAnew(client, change === "block"),
  });
}

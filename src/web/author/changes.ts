// What is done to the nodes of a draft: moved, copied, deleted and taken back. Invariant: where it was refused, or somebody
// else was faster, what there is on the server shows again.

import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { api, body, queries } from "../app/api";
import { useMutation } from "../app/mutation";
import { say, useComplaint } from "../app/ui/toasts";
import { isStale, ofCourse, ofNode, type Tree, useRefresh } from "./draft";
import { moved, type Place } from "./dragging";

/** One after the other. Tells of what came too late, and asks for everything anew. */
export function useChange<T>(work: (wish: T) => Promise<unknown>) {
  const { t } = useTranslation();
  const complain = useComplaint();
  const refresh = useRefresh();
  return useMutation({
    scope: { id: "draft" },
    mutationFn: work,
    onError: (error) => (isStale(error) ? say(t("author.stale")) : complain(error)),
    onSettled: () => refresh(),
  });
}

export interface MoveWish {
  id: string;
  etag: string;
  place: Place;
}

/** A section, a unit or a lesson stands at once where it was put; for exercises there is `underWay`. */
export function useMove(courseId: string) {
  const client = useQueryClient();
  const { queryKey } = queries.queryOptions("get", "/api/v1/authoring/courses/{course_id}/tree", ofCourse(courseId));
  // What is moved twice in a row is of the first move's version when the second one begins.
  const later = useRef(new Map<string, string>());
  const move = useChange(async ({ id, etag, place }: MoveWish) => {
    const now = later.current.get(`${id} ${etag}`) ?? etag;
    const node = await body(api.POST("/api/v1/authoring/courses/{course_id}/nodes/{node_id}/move", { params: { ...ofNode(courseId, id).params, header: { "If-Match": now } }, body: { parent_id: place.parentId, position: place.position } }));
    later.current.set(`${id} ${etag}`, node.etag);
  });
  return {
    move: (wish: MoveWish) => {
      client.setQueryData<Tree>(queryKey, (tree) => tree && moved(tree, wish.id, wish.place));
      move.mutate(wish);
    },
    underWay: move.isPending ? move.variables : null,
  };
}

export function useCopy(courseId: string) {
  return useChange((id: string) => api.POST("/api/v1/authoring/courses/{course_id}/nodes/{node_id}/duplicate", { ...ofNode(courseId, id), body: {} }));
}

export function useRestore(courseId: string) {
  return useChange((id: string) => api.POST("/api/v1/authoring/courses/{course_id}/nodes/{node_id}/restore", ofNode(courseId, id)));
}

/** Offers to take it back. */
export function useRemove(courseId: string) {
  const { t } = useTranslation();
  const restore = useRestore(courseId);
  return useChange(async ({ id, etag, title }: { id: string; etag: string; title: string }) => {
    await api.DELETE("/api/v1/authoring/courses/{course_id}/nodes/{node_id}", { params: { ...ofNode(courseId, id).params, header: { "If-Match": etag } } });
    say(t("author.deleted_node", { title }), { name: t("author.undo"), act: () => restore.mutate(id) });
  });
}

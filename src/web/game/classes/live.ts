// What a class is at now.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { queries, type Schemas } from "../../app/api";
import { useFrame, useRoom } from "../../app/live";
import { withProgress } from "../newest";

type Progress = Schemas["ClassroomProgressOut"];
const PATH = "/api/v1/classrooms/{classroom_id}/progress";

export function useLiveClass(id: string) {
  const queryClient = useQueryClient();
  const of = { params: { path: { classroom_id: id } } };
  const progress = queries.useQuery("get", PATH, of);
  const key = queries.queryOptions("get", PATH, of).queryKey;
  const [online, setOnline] = useState<{ count: number; ids: ReadonlySet<string> }>({ count: 0, ids: new Set() });
  const [lost, setLost] = useState<string | null>(null);
  useRoom("classroom", { classroom_id: id }, setLost);
  const reread = () => void queryClient.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/api/v1/classrooms/") });
  useFrame("classroom.snapshot", (frame) => {
    if (frame.classroom_id !== id) return;
    const known = queryClient.getQueryData<Progress>(key);
    queryClient.setQueryData<Progress>(key, frame);
    if (known && known.learners.length !== frame.learners.length) reread();
  });
  useFrame("classroom.progress", (frame) => {
    if (frame.classroom_id !== id) return;
    const next = withProgress(queryClient.getQueryData<Progress>(key), frame.user_id, frame);
    if (next) queryClient.setQueryData<Progress>(key, next);
    // Somebody who joined since.
    else reread();
  });
  useFrame("presence.changed", (frame) => {
    if (frame.room === `classroom:${id}`) setOnline({ count: frame.online, ids: new Set(frame.ids) });
  });
  return { progress, online, lost };
}

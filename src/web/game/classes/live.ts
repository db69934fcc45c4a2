// What a class is at now. Invariant: of two states of a learner the newer one is shown, in whatever order they come.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { queries, type Schemas } from "../../app/api";
import { useFrame, useRoom } from "../../app/live";

type Progress = Schemas["ClassroomProgressOut"];
type Session = Schemas["SessionProgressOut"];
const PATH = "/api/v1/classrooms/{classroom_id}/progress";

export function useLiveClass(id: string) {
  const queryClient = useQueryClient();
  const of = { params: { path: { classroom_id: id } } };
  const progress = queries.useQuery("get", PATH, of);
  const key = queries.queryOptions("get", PATH, of).queryKey;
  const [online, setOnline] = useState<{ count: number; ids: ReadonlySet<string> }>({ count: 0, ids: new Set() });
  const [lost, setLost] = useState<string | null>(null);
  useRoom("classroom", { classroom_id: id }, setLost);
  useFrame("classroom.snapshot", (frame) => {
    if (frame.classroom_id === id) queryClient.setQueryData<Progress>(key, frame);
  });
  useFrame("classroom.progress", (frame) => {
    if (frame.classroom_id !== id) return;
    const known = queryClient.getQueryData<Progress>(key);
    if (known?.learners.some((one) => one.user_id === frame.user_id)) queryClient.setQueryData<Progress>(key, withProgress(known, frame.user_id, frame));
    // Somebody who joined since.
    else void progress.refetch();
  });
  useFrame("presence.changed", (frame) => {
    if (frame.room === `classroom:${id}`) setOnline({ count: frame.online, ids: new Set(frame.ids) });
  });
  return { progress, online, lost };
}

function withProgress(known: Progress, userId: string, session: Session): Progress {
  const learners = known.learners.map((one) => (one.user_id === userId && isNewer(session, one.session) ? { ...one, session } : one));
  return { ...known, learners };
}

export function isNewer(one: Session, known: Session | null): boolean {
  if (!known) return true;
  if (one.session_id !== known.session_id) return one.active_at >= known.active_at;
  return one.answered > known.answered || (one.answered === known.answered && (one.finished || !known.finished));
}

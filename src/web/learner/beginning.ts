// Beginning to learn: a lesson, or a session that looks back.

import { useNavigate } from "react-router";
import { api, body, Refusal, type Schemas } from "../app/api";
import { useMutation } from "../app/mutation";
import { useComplaint } from "../app/ui/toasts";
import { ofLesson } from "./offline/bundle";
import { opened } from "./offline/giving";
import { isPassing, isReachable, PATIENCE_MS, sync } from "./offline/sync";
import type { Session } from "./player/queue";

type CourseSession = Schemas["CourseSessionIn"];

/** Without a network the lesson as it was taken along, if it was. */
export async function beginLesson(lessonId: string): Promise<Session> {
  // What was begun on this device goes on, wherever it is known by then.
  if (isReachable()) await sync();
  const kept = await ofLesson(lessonId);
  if (kept && (!isReachable() || (kept.begunAt && kept.isPrepared))) return opened(kept.id);
  try {
    const begun = api.POST("/api/v1/lessons/{lesson_id}/sessions", { params: { path: { lesson_id: lessonId } }, body: {}, signal: AbortSignal.timeout(PATIENCE_MS) });
    return await body(begun);
  } catch (error) {
    if (!isPassing(error) || !kept) throw error;
    return opened(kept.id);
  }
}

export function beginCourseSession(courseId: string, wanted: CourseSession): Promise<Session> {
  return body(api.POST("/api/v1/courses/{course_id}/sessions", { params: { path: { course_id: courseId } }, body: wanted }));
}

/** Gives the titles of courses that should have been completed before. */
export async function enrol(courseId: string): Promise<string[]> {
  const { missing } = await body(api.POST("/api/v1/courses/{course_id}/enrollments", { params: { path: { course_id: courseId } } }));
  return missing.map((course) => course.title);
}

/** The first lesson of a course that suits whoever has just come, such as one for those who read what they read; null
 * where no course has one that is open to them. */
export async function beginSomewhere(): Promise<Session | null> {
  const query = { limit: 5 };
  const [best, all] = await Promise.all([
    body(api.GET("/api/v1/courses/recommended", { params: { query } })),
    body(api.GET("/api/v1/courses", { params: { query } })),
  ]);
  for (const course of [...best.items.map((one) => one.course), ...all.items]) {
    const { items } = await body(api.GET("/api/v1/courses/{course_id}/lessons", { params: { path: { course_id: course.id } } }));
    const first = items.find((lesson) => lesson.exercises > 0);
    if (!first) continue;
    try {
      await enrol(course.id);
      return await beginLesson(first.id);
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 402)) throw error;
    }
  }
  return null;
}

/** Sessions that were begun just now on this page: they need not be fetched. History would keep them over a reload, when
 * they are long out of date. */
const fresh = new Map<string, Session>();

export const begunHere = {
  peek: (id: string) => fresh.get(id),
  forget: (id: string) => fresh.delete(id),
};

/** The address at which the session goes on. */
export function placeOf(session: Session): string {
  fresh.set(session.id, session);
  return `/lesson/${session.id}`;
}

/** Begins what is asked for and goes there. */
export function useBeginning<T>(begin: (wanted: T) => Promise<Session>) {
  const navigate = useNavigate();
  return useMutation({
    mutationFn: begin,
    onSuccess: (session) => navigate(placeOf(session)),
    onError: useComplaint(),
  });
}

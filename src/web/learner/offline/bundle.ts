// Takes the next lessons of a course along, so that they can be begun without a network.

import { api, body } from "../../app/api";
import type { Exercise } from "../player/queue";
import { answers, type KeptSession, type Solution, sessions } from "./store";
import { tidy } from "./sync";

const LESSONS = 3;
/** Files of exercises; the service worker answers out of it, by the same name. */
const MEDIA = "lyceum-media";

/** How many lessons are on this device now. */
export async function takeAlong(courseId: string): Promise<number> {
  await tidy();
  const bundle = await body(api.POST("/api/v1/courses/{course_id}/bundle", { params: { path: { course_id: courseId } }, body: { lessons: LESSONS } }));
  const now = new Map((await sessions.all()).map((session) => [session.id, session]));
  const fresh = bundle.sessions.map((made): KeptSession => {
    const exercises = made.exercises.map(({ content: _, explanation: __, ...exercise }): Exercise => ({ ...exercise, answered: false, again: false }));
    return {
      id: made.id,
      title: made.title,
      session: {
        id: made.id, lesson_id: made.lesson_id, unit_id: null, course_id: courseId, kind: "lesson", exercises,
        // Hearts are the server's to count: what is done here costs none until it is sent.
        answered: 0, total: exercises.length, hearts: 0, unlimited_hearts: true,
      },
      solutions: Object.fromEntries(made.exercises.map((exercise): [string, Solution] => [exercise.id, { content: exercise.content as never, explanation: exercise.explanation }])),
      isPrepared: true,
      begunAt: null,
      completedAt: null,
      expiresAt: made.expires_at,
    };
  });
  const ids = new Set(fresh.map((session) => session.id));
  for (const before of now.values()) {
    if (before.isPrepared && !before.begunAt && before.session.course_id === courseId && !ids.has(before.id)) await sessions.drop(before.id);
  }
  for (const session of fresh) if (!now.has(session.id)) await sessions.keep(session);
  // Without its files a lesson is still a lesson.
  withFiles().catch(console.warn);
  return fresh.length;
}

/** Lessons that can be taken without a network, those under way first. */
export async function onDevice(): Promise<KeptSession[]> {
  const now = Date.now();
  const found = (await sessions.all()).filter((session) => !session.completedAt && (session.begunAt || Date.parse(session.expiresAt) > now));
  return found.sort((one, other) => Number(Boolean(other.begunAt)) - Number(Boolean(one.begunAt)));
}

export interface Ahead {
  answered: number;
  total: number;
  isDone: boolean;
}

/** How far those lessons are, by id, of which the server does not know all. */
export async function ahead(courseId: string): Promise<ReadonlyMap<string, Ahead>> {
  const unsent = new Set((await answers.all()).map((answer) => answer.sessionId));
  const found = (await sessions.all()).filter(({ id, session, completedAt }) => session.course_id === courseId && session.kind === "lesson" && (completedAt || unsent.has(id)));
  return new Map(found.map(({ session, completedAt }) => [session.lesson_id ?? "", { answered: session.answered, total: session.total, isDone: completedAt !== null }]));
}

/** The lesson as it is on this device, if it is. */
export async function ofLesson(lessonId: string): Promise<KeptSession | undefined> {
  return (await onDevice()).find((session) => session.session.lesson_id === lessonId);
}

/** For whoever logs out, while it is still known who: all goes but what the server has yet to be sent. */
export async function forgetDevice(): Promise<void> {
  const unsent = new Set((await answers.all()).map((answer) => answer.sessionId));
  for (const { id, completedAt } of await sessions.all()) if (!completedAt && !unsent.has(id)) await sessions.drop(id);
  if ("caches" in globalThis) await caches.delete(MEDIA);
}

async function withFiles(): Promise<void> {
  if (!("caches" in globalThis)) return;
  const text = JSON.stringify((await sessions.all()).map((session) => session.session.exercises));
  const wanted = new Set(text.match(/\/media\/[0-9a-f]{64}[^"\\]*/g) ?? []);
  const cache = await caches.open(MEDIA);
  const there = new Map((await cache.keys()).map((request) => [new URL(request.url).pathname, request]));
  const gone = [...there].filter(([path]) => !wanted.has(path));
  await Promise.allSettled([...gone.map(([, request]) => cache.delete(request)), ...[...wanted].filter((url) => !there.has(url)).map((url) => cache.add(url))]);
}

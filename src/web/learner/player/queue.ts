// Which exercise is asked next. Pure. Invariant: what was answered right is never asked again in a session, what was
// wrong comes back at the end until it is right, and the order is that of the session.

import type { Schemas } from "../../app/api";

export type Exercise = Schemas["ExerciseOut"];
export type Session = Schemas["LearningSessionOut"];
export type Grade = Schemas["AnswerOut"];
export type Expected = Grade["expected"];

/** An answer that the server has not seen yet. */
export interface Later {
  later: true;
  /** As far as this device can tell. */
  correct: boolean | null;
  /** What would have been right, where that is known. */
  expected: Expected | null;
  explanation: string;
}

export type Told = (Grade & { later?: false }) | Later;

/** Kinds of sessions in which a mistake comes back at the end. */
const COMES_BACK = new Set<Session["kind"]>(["lesson", "practice", "mistakes", "review"]);

export interface Queue {
  /** First what was not answered yet, then what comes back. */
  readonly waiting: readonly Exercise[];
  readonly repeats: readonly Exercise[];
  readonly answered: number;
  readonly total: number;
}

export function queueOf(session: Session): Queue {
  // What is over asks nothing more; what it brought can still be shown.
  if (session.completed) return { waiting: [], repeats: [], answered: session.answered, total: session.total };
  return {
    waiting: session.exercises.filter((exercise) => !exercise.answered),
    repeats: session.exercises.filter((exercise) => exercise.answered && exercise.again),
    answered: session.answered,
    total: session.total,
  };
}

export function current(queue: Queue): Exercise | undefined {
  return queue.waiting[0] ?? queue.repeats[0];
}

export const isRepeat = (queue: Queue) => queue.waiting.length === 0 && queue.repeats.length > 0;

/** After an answer. What nobody can judge now does not come back. */
export function after(queue: Queue, exercise: Exercise, told: Told, kind: Session["kind"]): Queue {
  const first = !isRepeat(queue);
  const counts = told.later ? { answered: queue.answered + (first ? 1 : 0), total: queue.total } : { answered: told.answered, total: told.total };
  const missed = told.correct === false;
  if (!first) {
    const [, ...others] = queue.repeats;
    return { ...queue, ...counts, repeats: missed ? [...others, exercise] : others };
  }
  const waiting = queue.waiting.slice(1);
  const repeats = missed && COMES_BACK.has(kind) ? [...queue.repeats, { ...exercise, again: true }] : queue.repeats;
  const next = told.later ? null : told.next;
  return { waiting: next ? [...waiting, next] : waiting, repeats, ...counts };
}

/** The exercise is put behind the others that wait. */
export function putOff(queue: Queue): Queue {
  const [first, ...others] = queue.waiting;
  return first ? { ...queue, waiting: [...others, first] } : queue;
}

/** Where whoever leaves the session goes. */
export function placeAfter({ kind, course_id }: Session): string {
  return kind === "lesson" || kind === "test_out" || kind === "placement" ? `/learn/${course_id}` : "/practice";
}

/** The share of the session that is behind, 0 to 1. */
export function share(queue: Queue): number {
  const ahead = queue.waiting.length + queue.repeats.length;
  return queue.answered + ahead === 0 ? 1 : queue.answered / (queue.answered + ahead);
}

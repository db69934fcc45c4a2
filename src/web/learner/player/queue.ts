// Which exercise is asked next. Pure. Invariant: what was answered right is never asked again in a session, what was
// wrong comes back at the end until it is right, and the order is that of the session.

import type { Schemas } from "../../app/api";

export type Session = Schemas["LearningSessionOut"];
export type Exercise = Schemas["ExerciseOut"];
export type Grade = Schemas["AnswerOut"];

export interface Queue {
  /** First what was not answered yet, then what comes back. */
  readonly waiting: readonly Exercise[];
  readonly repeats: readonly Exercise[];
  readonly answered: number;
  readonly total: number;
}

export function queueOf(session: Session): Queue {
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

/** After a grade. `comesBack`: whether what is wrong is asked once more in sessions of this kind. */
export function after(queue: Queue, exercise: Exercise, grade: Pick<Grade, "correct" | "answered" | "total" | "next">, comesBack: boolean): Queue {
  const counts = { answered: grade.answered, total: grade.total };
  if (isRepeat(queue)) {
    const [, ...others] = queue.repeats;
    return { ...queue, ...counts, repeats: grade.correct ? others : [...others, exercise] };
  }
  const waiting = queue.waiting.slice(1);
  const repeats = grade.correct || !comesBack ? queue.repeats : [...queue.repeats, { ...exercise, again: true }];
  return { waiting: grade.next ? [...waiting, grade.next] : waiting, repeats, ...counts };
}

/** The share of the session that is behind, 0 to 1. */
export function share(queue: Queue): number {
  const ahead = queue.waiting.length + queue.repeats.length;
  return queue.answered + ahead === 0 ? 1 : queue.answered / (queue.answered + ahead);
}

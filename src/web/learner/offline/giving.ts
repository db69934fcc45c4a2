// Giving answers and finishing, with a network or without. See the invariant of the store.

import { api, body } from "../../app/api";
import type { Schemas } from "../../app/api";
import type { Exercise, Grade, Later, Session, Told } from "../player/queue";
import { judge } from "./judge";
import { answers, type KeptAnswer, type KeptSession, KEPT_MS, sessions, settled } from "./store";
import { count, isPassing, isReachable, PATIENCE_MS, type Report, sync, wasUnreachable } from "./sync";

export type Result = Schemas["SessionResultOut"];

export interface Given {
  session: Session;
  exercise: Exercise;
  answer: unknown;
  elapsedMs: number;
  key: string;
  hearts: number;
}

/** A session as it stands, from the server or from this device. Raises Refusal, and Offline where neither has it. */
export async function opened(id: string): Promise<Session> {
  if (isReachable()) await sync();
  const kept = await sessions.one(id);
  if (kept?.isPrepared || (kept && (await isBehind(kept)))) return begun(kept);
  if (kept && !navigator.onLine) return kept.session;
  try {
    const found = await body(api.GET("/api/v1/sessions/{session_id}", { params: { path: { session_id: id } }, signal: AbortSignal.timeout(PATIENCE_MS) }));
    await remembered(found, kept);
    return found;
  } catch (error) {
    if (!isPassing(error) || !kept) throw error;
    return kept.session;
  }
}

/** So that the lesson goes on after a reload without a network, too. */
async function remembered(session: Session, kept?: KeptSession): Promise<void> {
  if (session.completed || session.abandoned) return;
  const now = new Date();
  await sessions.keep({
    id: session.id, title: kept?.title ?? "", session, solutions: kept?.solutions ?? {}, isPrepared: false,
    begunAt: kept?.begunAt ?? now.toISOString(), completedAt: null, expiresAt: new Date(now.getTime() + KEPT_MS).toISOString(),
  });
}

/** Keeps a session that was begun just now, unless this device knows more of it. */
export async function held(session: Session): Promise<void> {
  const kept = await sessions.one(session.id);
  if (!kept || !(await isBehind(kept))) await remembered(session, kept);
}

async function begun(kept: KeptSession): Promise<Session> {
  if (!kept.begunAt) await sessions.change(kept.id, (session) => ({ ...session, begunAt: new Date().toISOString() }));
  return kept.session;
}

/** Whether the server lacks something of the session. */
async function isBehind(kept: KeptSession): Promise<boolean> {
  return kept.isPrepared || (await answers.of(kept.id)).length > 0;
}

/** What became of an answer. Raises Refusal where the server does not take it, and Offline where only it can go on. */
export async function give(given: Given): Promise<Told> {
  const kept = await sessions.one(given.session.id);
  const behind = kept !== undefined && (await isBehind(kept));
  const isKept = await keep(given);
  const told = behind && isKept ? await caughtUp(given) : await sent(given, isKept);
  await sessions.change(given.session.id, (one) => ({ ...one, session: settled(one.session, given.exercise.id, told.correct === false, told.later ? null : told.next) }));
  void count();
  return told;
}

async function keep(given: Given): Promise<boolean> {
  const place = (await answers.of(given.session.id)).reduce((last, one) => Math.max(last, one.place), 0) + 1;
  const answer: KeptAnswer = {
    key: given.key, sessionId: given.session.id, exerciseId: given.exercise.id, answer: given.answer,
    answeredAt: new Date().toISOString(), elapsedMs: given.elapsedMs, place,
  };
  return answers.keep(answer);
}

async function sent(given: Given, isKept: boolean): Promise<Told> {
  // Of a placement only the server knows what comes next, and what is kept nowhere must not be lost.
  const canWait = isKept && given.session.kind !== "placement";
  if (!isReachable() && canWait) return later(given);
  try {
    const grade = await body(
      api.POST("/api/v1/sessions/{session_id}/answers", {
        params: { path: { session_id: given.session.id }, header: { "Idempotency-Key": given.key } },
        body: { exercise_id: given.exercise.id, answer: given.answer as never, elapsed_ms: given.elapsedMs },
        signal: AbortSignal.timeout(PATIENCE_MS),
      }),
    );
    await answers.drop([given.key]);
    return grade;
  } catch (error) {
    if (!isPassing(error)) {
      await answers.drop([given.key]);
      throw error;
    }
    wasUnreachable();
    if (!canWait) throw error;
    return later(given);
  }
}

/** Where earlier answers still wait, this one goes with them. */
async function caughtUp(given: Given): Promise<Told> {
  const report = await sync();
  return gradeIn(report, given) ?? later(given);
}

function gradeIn(report: Report | null, given: Given): Grade | null {
  const session = report?.sessions.find((one) => one.session_id === given.session.id);
  const answer = session?.answers.find((one) => one.key === given.key);
  if (!session || !answer?.grade) return null;
  return { ...answer.grade, answered: session.answered, total: session.total, hearts: given.hearts, explanation: answer.explanation ?? "" };
}

async function later(given: Given): Promise<Later> {
  const solution = (await sessions.one(given.session.id))?.solutions[given.exercise.id];
  const judged = solution ? judge(solution, given.exercise.prompt, given.answer) : { correct: null, expected: null };
  return { later: true, ...judged, explanation: solution?.explanation ?? "" };
}

/** What the session brought; null where it is finished here and the server hears of it later. Raises Refusal. */
export async function finish(session: Session): Promise<Result | null> {
  const kept = await sessions.one(session.id);
  if (kept && (await isBehind(kept))) {
    await completed(session.id);
    const report = await sync();
    return report?.sessions.find((one) => one.session_id === session.id)?.result ?? null;
  }
  try {
    const result = await body(api.POST("/api/v1/sessions/{session_id}/complete", { params: { path: { session_id: session.id } }, signal: AbortSignal.timeout(2 * PATIENCE_MS) }));
    await sessions.drop(session.id);
    return result;
  } catch (error) {
    if (!isPassing(error) || !kept) throw error;
    wasUnreachable();
    await completed(session.id);
    void count();
    return null;
  }
}

async function completed(id: string): Promise<void> {
  await sessions.change(id, (kept) => ({ ...kept, completedAt: kept.completedAt ?? new Date().toISOString() }));
}

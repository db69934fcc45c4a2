// Brings to the server what was learned without it. Invariant: one tab sends at a time; what is sent twice all the same
// counts once, by its key; what the server answered for is dropped here, and nothing else is.

import { create } from "zustand";
import { api, body, Offline, Refusal, type Schemas } from "../../app/api";
import { answers, type KeptAnswer, type KeptSession, KEPT_MS, sessions } from "./store";

export type Report = Schemas["SyncOut"];
type Sent = Schemas["SyncIn"]["sessions"][number];

interface Waiting {
  /** Answers that the server does not know yet, or else sessions whose end it does not know. */
  count: number;
  isSending: boolean;
  /** Of the last batch, until somebody has seen it. */
  report: Report | null;
}

export const useWaiting = create<Waiting>(() => ({ count: 0, isSending: false, report: null }));

/** Bounds of a batch, as the server sets them. */
const MOST_SESSIONS = 20;
const MOST_ANSWERS = 100;
/** After a line was dead, answers are not held up by trying it again for so long. */
const PAUSE_MS = 10_000;
/** Sooner or later than this a line that gives no sign counts as dead. */
export const PATIENCE_MS = 8_000;

let failedAt = -Infinity;
let sending: Promise<Report | null> | null = null;

/** Whether the network did not answer, or a server that will. What the server refused is refused. */
export function isPassing(error: unknown): boolean {
  return error instanceof Offline || (error instanceof Refusal && (error.status >= 500 || error.status === 429));
}

/** Whether it is worth asking the server for something. */
export function isReachable(): boolean {
  return navigator.onLine && performance.now() - failedAt > PAUSE_MS;
}

export function wasUnreachable(): void {
  failedAt = performance.now();
}

/** The network came back: no more waiting. */
export function mayBeReachable(): void {
  failedAt = -Infinity;
}

/** Sends all that waits; null where there is nothing, or nobody to send it to. Never raises. */
export function sync(): Promise<Report | null> {
  sending ??= inTurn().finally(() => {
    sending = null;
  });
  return sending;
}

async function inTurn(): Promise<Report | null> {
  if (!(await count()) || !isReachable()) return null;
  useWaiting.setState({ isSending: true });
  try {
    return navigator.locks ? await navigator.locks.request("lyceum.sync", send) : await send();
  } catch (error) {
    if (isPassing(error)) wasUnreachable();
    else console.error(error);
    return null;
  } finally {
    useWaiting.setState({ isSending: false });
    await count();
  }
}

async function send(): Promise<Report | null> {
  const told: Report["sessions"] = [];
  for (;;) {
    const batch = await gathered();
    if (!batch.length) return told.length ? { sessions: told } : null;
    const report = await body(
      api.POST("/api/v1/sync", { body: { sent_at: new Date().toISOString(), sessions: batch }, signal: AbortSignal.timeout(4 * PATIENCE_MS) }),
    );
    await taken(batch, report);
    told.push(...report.sessions);
    useWaiting.setState(({ report: before }) => ({ report: { sessions: [...(before?.sessions ?? []), ...report.sessions] } }));
  }
}

async function gathered(): Promise<Sent[]> {
  const batch: Sent[] = [];
  for (const session of await sessions.all()) {
    const given = await answers.of(session.id);
    if (batch.length === MOST_SESSIONS || (!given.length && !session.completedAt)) continue;
    const part = given.slice(0, MOST_ANSWERS);
    // A session is finished by the batch that has the last of its answers.
    batch.push(asSent(session, part, part.length === given.length ? session.completedAt : null));
  }
  return batch;
}

function asSent(session: KeptSession, given: readonly KeptAnswer[], completedAt: string | null): Sent {
  return {
    session_id: session.id,
    begun_at: session.begunAt ?? given[0]?.answeredAt ?? new Date().toISOString(),
    answers: given.map((one) => ({ key: one.key, exercise_id: one.exerciseId, answer: one.answer as never, answered_at: one.answeredAt, elapsed_ms: one.elapsedMs })),
    completed_at: completedAt,
  };
}

async function taken(batch: readonly Sent[], report: Report): Promise<void> {
  for (const sent of batch) {
    const told = report.sessions.find((one) => one.session_id === sent.session_id);
    if (!told) throw new Error("the server said nothing about a session");
    if (told.problem || sent.completed_at) await sessions.drop(sent.session_id);
    else {
      await answers.drop(sent.answers.map((one) => one.key));
      await sessions.change(sent.session_id, (session) => ({ ...session, isPrepared: false }));
    }
  }
}

/** Counts what waits, for whoever shows it. */
export async function count(): Promise<number> {
  const [given, kept] = await Promise.all([answers.all(), sessions.all()]);
  const waiting = given.length || kept.filter((session) => session.completedAt).length;
  if (useWaiting.getState().count !== waiting) useWaiting.setState({ count: waiting });
  return waiting;
}

/** What nobody can send any more is forgotten. */
export async function tidy(): Promise<void> {
  const now = Date.now();
  for (const session of await sessions.all()) {
    const isOld = Date.parse(session.expiresAt) + KEPT_MS < now;
    const isUnused = session.isPrepared && !session.begunAt && Date.parse(session.expiresAt) < now;
    if (isOld || isUnused) await sessions.drop(session.id);
  }
}

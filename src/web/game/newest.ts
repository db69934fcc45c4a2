// What is shown of news that come late, twice or in any order. Invariant: nothing older replaces what is newer.

import type { Schemas } from "../app/api";

export type Board = Schemas["Board"];
export type Entry = Schemas["BoardEntry"];
type Progress = Schemas["ClassroomProgressOut"];
type Session = Schemas["SessionProgressOut"];

/** The whole board, as a snapshot has it. */
export function shownAnew(board: Board, version: number, entries: Entry[], you: string): Board {
  return version < board.version ? board : { ...board, version, entries, you };
}

/** With the lines that moved, by rank. */
export function moved(board: Board, version: number, lines: readonly Entry[]): Board {
  if (version < board.version) return board;
  const entries = new Map(board.entries.map((entry) => [entry.user_id, entry]));
  for (const line of lines) entries.set(line.user_id, line);
  return { ...board, version, entries: [...entries.values()].sort((one, other) => one.rank - other.rank) };
}

/** Of a class, with what one learner is at; null for a learner who is not known yet. */
export function withProgress(known: Progress | undefined, userId: string, session: Session): Progress | null {
  if (!known?.learners.some((one) => one.user_id === userId)) return null;
  const learners = known.learners.map((one) => (one.user_id === userId && isNewer(session, one.session) ? { ...one, session } : one));
  return { ...known, learners };
}

function isNewer(one: Session, known: Session | null): boolean {
  if (!known) return true;
  if (one.session_id !== known.session_id) return one.active_at >= known.active_at;
  return one.answered > known.answered || (one.answered === known.answered && (one.finished || !known.finished));
}

// Never run: what the compiler must let through, and what it must not.

import type { CallFailed, Live } from "./index.js";

export async function check(live: Live): Promise<void> {
  live.on("league.changed", (frame) => frame.entries.map((line) => line.rank.toFixed()));
  // Without a number when it was missed.
  live.on("notification.created", (frame) => ("seq" in frame ? frame.seq.toFixed() : frame.title.trim()));
  // @ts-expect-error: a notification that was missed has no number.
  live.on("notification.created", (frame) => frame.seq.toFixed());
  // @ts-expect-error: no such frame.
  live.on("league.exploded", () => undefined);

  const stop: () => void = live.watch("league", { league_id: "…" });
  stop();
  // @ts-expect-error: another room's payload.
  live.watch("league", { session_id: "…" });
  // @ts-expect-error: nothing to watch.
  live.watch("answer", {});

  const key = "one per answer";
  const graded = await live.call("answer.submit", { session_id: "…", exercise_id: "…", answer: "el gato", elapsed_ms: 900, key });
  graded.hearts.toFixed();
  // @ts-expect-error: without a key it may count twice.
  await live.call("answer.submit", { session_id: "…", exercise_id: "…", answer: "el gato", elapsed_ms: 900 });
}

export function codes(failed: CallFailed<"league.watch">): boolean {
  if (failed.code === "realtime.not_found") return failed.isPassing;
  // @ts-expect-error: a code that this command is never refused with.
  return failed.code === "learning.session_closed";
}

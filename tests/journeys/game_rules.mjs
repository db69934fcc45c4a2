// Rules of boards, classes and prices that need no page. Raises where one does not hold.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const load = (name) => import(new URL(name, pathToFileURL(process.argv[2])).href);
const { moved, shownAnew, withProgress } = await load("game/newest.ts");
const { duration } = await load("game/duration.ts");
const { ownPrices } = await load("pay/prices.ts");

// A board: lines that moved take their places, those of before an older or the same news do not.
const line = (user_id, rank, xp) => ({ user_id, rank, xp, name: user_id, zone: "stay" });
const names = ({ entries }) => entries.map(({ user_id, xp }) => `${user_id}${xp}`).join(" ");
const board = { id: "l", tier: 1, ends_at: "", version: 5, you: "a", entries: [line("a", 1, 30), line("b", 2, 20), line("c", 3, 10)] };
const after = moved(board, 6, [line("c", 1, 40), line("a", 2, 30), line("b", 3, 20)]);
assert.deepEqual([after.version, names(after)], [6, "c40 a30 b20"]);
assert.equal(moved(after, 5, [line("c", 3, 10)]), after);
assert.equal(names(moved(board, 6, [line("d", 4, 5)])), "a30 b20 c10 d5");
assert.equal(names(board), "a30 b20 c10");
const anew = shownAnew(after, 7, [line("x", 1, 40)], "x");
assert.deepEqual([anew.you, names(anew), anew.tier], ["x", "x40", 1]);
assert.equal(shownAnew(anew, 6, [line("a", 1, 30)], "a"), anew);

// A class: of two states of a learner the newer one, in whatever order they come.
const at = (session_id, answered, finished = false, active_at = "10:00") => ({ session_id, answered, finished, active_at });
const known = (session) => ({ learners: [{ user_id: "ada", session }, { user_id: "ben", session: null }] });
const shown = (before, news) => withProgress(known(before), "ada", news).learners[0].session;
for (const [before, news, isShown] of [
  [null, at("s", 0), true],
  [at("s", 2), at("s", 3), true],
  [at("s", 3), at("s", 2), false],
  [at("s", 3), at("s", 3, true), true],
  [at("s", 3, true), at("s", 3), false],
  [at("s", 9, true, "10:00"), at("t", 0, false, "10:01"), true],
  [at("t", 0, false, "10:01"), at("s", 9, true, "10:00"), false],
]) {
  assert.equal(shown(before, news), isShown ? news : before, JSON.stringify([before, news]));
}
assert.equal(withProgress(known(null), "eve", at("s", 1)), null);
assert.equal(withProgress(undefined, "ada", at("s", 1)), null);

// What is left of a time: two units, seconds only where they matter, and never nothing.
const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];
for (const [ms, said] of [
  [2 * day + 4 * hour + 5 * minute, "2 days 4 hr"], [day, "1 day"], [3 * hour + 20 * second, "3 hr"], [11 * minute + 30 * second, "11 min"],
  [9 * minute + 5 * second, "9 min 5 sec"], [minute, "1 min"], [59_001, "1 min"], [1, "1 sec"],
]) {
  assert.equal(duration(ms, "en"), said);
}

// Prices: those of one's country before those for everywhere, of one currency, one for each interval, the least first.
const price = (id, currency, country, interval, amount_minor) => ({ id, currency, country, interval, amount_minor });
const plan = { prices: [
  price("year", "EUR", null, "year", 9900), price("month", "EUR", null, "month", 999), price("dollar", "USD", null, "month", 899),
  price("rupee", "INR", "IN", "month", 19900), price("rupees", "INR", null, "year", 199000), price("german", "EUR", "DE", "month", 899),
] };
for (const [country, ids] of [["", ["month", "year"]], ["DE", ["german", "year"]], ["IN", ["rupee", "rupees"]], ["FR", ["month", "year"]]]) {
  assert.deepEqual(ownPrices(plan, country).map(({ id }) => id), ids, country);
}
assert.deepEqual(ownPrices({ prices: [price("one", "INR", "IN", null, 5)] }, "DE"), []);

// Rules of the TypeScript client that need no server. Ends with status 0 when they hold.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const load = (name) => import(new URL(name, pathToFileURL(process.argv[2])).href);
const { Stream } = await load("stream.js");
const { inBrowser } = await load("position.js");
const at = "2026-11-21T10:00:00Z";
const ready = (seq, missed = [], epoch = "e") => ({ epoch, seq, at, resumed: true, truncated: false, missed, reload: [] });
const told = (id, more) => ({ event: "notification.created", id, at, ...more });

// Numbers: each once, in order, and a hole is noticed.
const numbers = new Stream(undefined);
numbers.begin(ready(3));
assert.equal(numbers.look({ seq: 3, at }), "double");
assert.equal(numbers.look({ seq: 4, at }), "next");
assert.equal(numbers.look({ seq: 5, at }), "gap");
numbers.done("progress.changed", { seq: 4, at });
assert.deepEqual(numbers.place, { epoch: "e", seq: 4, at });

// Durable frames: once, whether told with a number, as missed, after a visit, or as missed and then with a number.
const durable = new Stream(undefined);
durable.begin(ready(0));
durable.done("notification.created", told("a", { seq: 1 }));
assert.deepEqual(durable.begin(ready(0, [told("a"), told("b")], "f")), [told("b")]);
durable.done("notification.created", told("b"));
assert.ok(durable.knows("notification.created", told("b", { seq: 1 })));
assert.ok(!durable.knows("notification.created", told("c", { seq: 2 })));
assert.deepEqual(new Stream(durable.position).begin(ready(0, [told("a"), told("b"), told("c")], "g")), [told("c")]);
for (let number = 0; number < 1000; number += 1) durable.done("notification.created", told(String(number)));
assert.equal(durable.position.known.length, 200);

// A stream that cannot be numbered now keeps the place where it can be taken up again.
durable.begin(ready(0, [], ""));
assert.equal(durable.place.epoch, "f");

// Tabs share a place, and a tab that is behind does not write over it.
const kept = new Map();
const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
const store = inBrowser("ada", storage);
const place = (epoch, seq, moment = at) => ({ epoch, seq, at: moment, known: [] });
assert.equal(store.load(), undefined);
store.save(place("e", 9));
store.save(place("e", 7));
assert.equal(store.load().seq, 9);
store.save(place("older", 99, "2026-11-21T09:59:59.999Z"));
assert.equal(store.load().epoch, "e");
store.save(place("newer", 1, "2026-11-21T10:00:00.001Z"));
assert.equal(store.load().epoch, "newer");
assert.equal(inBrowser("ben", storage).load(), undefined);
for (const broken of ["{", "7", "null", '{"epoch":1}']) {
  kept.set("lyceum.position.ada", broken);
  assert.equal(store.load(), undefined);
}
inBrowser("ada", { getItem: () => { throw new Error("closed"); }, setItem: () => { throw new Error("full"); } }).save(place("e", 1));

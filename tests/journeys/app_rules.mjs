// Rules of the whole client that need no page. Raises where one does not hold.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const load = (name) => import(new URL(name, pathToFileURL(process.argv[2])).href);
const { once } = await load("app/once.ts");

class Refused extends Error {}
const sent = [];
let outcome = () => Response.json({ id: sent.length });
let time = 0;
const send = once(
  async (request) => {
    sent.push(request);
    return outcome();
  },
  (error) => error instanceof Refused,
  () => time,
);
const post = (body, headers = {}, url = "https://lyceum.test/gifts") =>
  send(new Request(url, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } }));
const keys = () => sent.splice(0).map((request) => request.headers.get("idempotency-key"));

// The same call is under way once, and a double click is one click; both callers can read the answer.
const both = await Promise.all([post({ to: "ada" }), post({ to: "ada" })]);
assert.deepEqual(await Promise.all(both.map((answer) => answer.json())), [{ id: 1 }, { id: 1 }]);
time = 300;
await post({ to: "ada" });
assert.equal(sent.length, 1);
// Later, or after something else was done, the same is meant again, under a key of its own.
time = 800;
await post({ to: "ada" });
await post({ to: "ben" });
await post({ to: "ada" });
assert.equal(new Set(keys()).size, 4);

// Nobody knows whether it was done: the same again goes under the same key, until there is an answer.
outcome = () => Promise.reject(new Error("no network"));
time = 10_000;
await assert.rejects(post({ to: "cleo" }));
await assert.rejects(post({ to: "cleo" }));
outcome = () => Response.json({});
await post({ to: "cleo" });
time = 20_000;
await post({ to: "cleo" });
const [first, second, third, fourth] = keys();
assert.deepEqual([first === second, second === third, third === fourth], [true, true, false]);
outcome = () => Promise.reject(new Refused());
await assert.rejects(post({ to: "dora" }));
await assert.rejects(post({ to: "dora" }));
assert.equal(new Set(keys()).size, 2);

// A key that is given stays; reading and files go as they come.
outcome = () => Response.json({});
await post({ to: "eve" }, { "Idempotency-Key": "mine" });
assert.deepEqual(keys(), ["mine"]);
await Promise.all([1, 2].map(() => send(new Request("https://lyceum.test/gifts"))));
await Promise.all([1, 2].map(() => send(new Request("https://lyceum.test/file", { method: "PUT", body: "x", headers: { "content-type": "application/octet-stream" } }))));
assert.deepEqual(keys(), [null, null, null, null]);

// Rules of the lesson player that need no page. Raises where one does not hold.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const load = (name) => import(new URL(name, pathToFileURL(process.argv[2])).href);
const { after, current, isRepeat, putOff, queueOf, share } = await load("learner/player/queue.ts");
const { judge } = await load("learner/offline/judge.ts");

const exercise = (id, more) => ({ id, answered: false, again: false, ...more });
const graded = (correct, answered, more) => ({ correct, answered, total: 3, ...more });
const later = (correct) => ({ later: true, correct, expected: null, explanation: "" });
const session = { exercises: [exercise("a"), exercise("b", { answered: true, again: true }), exercise("c")], answered: 1, total: 3 };

// First what was not answered, then what was wrong, until it is right.
let queue = queueOf(session);
assert.equal(current(queue).id, "a");
queue = after(queue, current(queue), graded(false, 2), "lesson");
queue = after(queue, current(queue), graded(true, 3), "lesson");
assert.deepEqual([isRepeat(queue), current(queue).id, queue.answered], [true, "b", 3]);
queue = after(queue, current(queue), graded(false, 3), "lesson");
assert.deepEqual(queue.repeats.map(({ id }) => id), ["a", "b"]);
queue = after(after(queue, current(queue), graded(true, 3), "lesson"), queue.repeats[1], graded(true, 3), "lesson");
assert.deepEqual([current(queue), share(queue)], [undefined, 1]);

// What is over asks nothing more, whatever was wrong in it.
assert.equal(current(queueOf({ ...session, completed: true })), undefined);

// A test asks nothing twice; a placement goes on with what the server asks next; what nobody can judge does not come back.
assert.equal(after(queueOf(session), session.exercises[0], graded(false, 2), "test_out").repeats.length, 1);
assert.equal(after(queueOf(session), session.exercises[0], graded(true, 2, { next: exercise("d") }), "placement").waiting.at(-1).id, "d");
const unsure = after(queueOf(session), session.exercises[0], later(null), "lesson");
assert.deepEqual([unsure.answered, unsure.repeats.length, unsure.waiting.length], [2, 1, 1]);
assert.deepEqual(putOff(queueOf(session)).waiting.map(({ id }) => id), ["c", "a"]);

// Without the server: right and wrong are said where there is no doubt, and nothing is said elsewhere.
const verdict = (content, prompt, answer) => judge({ content, explanation: "" }, { kind: content.kind, ...prompt }, answer).correct;
const options = [{ id: "1", text: "cat" }, { id: "2", text: "dog" }];
const translate = { kind: "translate", accepted: ["El gato come.", "(el/un) gato bebe"] };
for (const [content, prompt, answer, expected] of [
  [{ kind: "multiple_choice", answer: "cat" }, { options }, "1", true],
  [{ kind: "multiple_choice", answer: "cat" }, { options }, "2", false],
  [{ kind: "multiple_response", answers: ["dog", "cat"] }, { options }, ["1", "2"], true],
  [{ kind: "true_false", answer: true }, {}, false, false],
  [{ kind: "order", items: ["a", "b"] }, {}, ["b", "a"], false],
  [{ kind: "match_pairs", pairs: [["a", "1"], ["b", "2"]] }, {}, [["b", "2"], ["a", "1"]], true],
  [{ kind: "word_bank", accepted: ["El gato come."] }, {}, ["el", "gato", "come"], true],
  [{ kind: "word_bank", accepted: ["El gato come."] }, {}, ["gato", "el"], false],
  [{ kind: "word_bank", accepted: ["(el/un) gato"] }, {}, ["un", "gato"], null],
  [translate, {}, " el gato  COME", true],
  [translate, {}, "el gato comme", null],
  [{ kind: "cloze", gaps: [["llamo"], ["soy"]] }, { options: [[], ["soy", "es"]] }, ["llamo", "es"], false],
  [{ kind: "cloze", gaps: [["llamo"], ["soy"]] }, { options: [[], []] }, ["llamo", "es"], null],
  [{ kind: "numeric", value: "1" }, {}, "1", null],
]) {
  assert.equal(verdict(content, prompt, answer), expected, JSON.stringify([content, answer]));
}

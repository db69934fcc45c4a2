// Rules of the operator's screens that need no page. Raises where one does not hold.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const { csvOf } = await import(new URL("operator/csv.ts", pathToFileURL(process.argv[2])).href);

// A spreadsheet reads it back as it was, and takes nothing in it for a formula.
assert.equal(csvOf([]), "");
assert.equal(
  csvOf([
    { id: "a", note: 'says "no", twice', total: -5, at: null, detail: { by: "x" } },
    { id: "b", note: "=1+1\nmore", total: 0, at: undefined, detail: [] },
  ]),
  'id,note,total,at,detail\r\na,"says ""no"", twice",-5,,"{""by"":""x""}"\r\nb,"\'=1+1\nmore",0,,[]',
);

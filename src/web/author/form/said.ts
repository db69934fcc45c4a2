// What the server says of content, in words of the language of whoever writes it. Pure.

import type { TFunction } from "i18next";
import { isEmpty, type Values } from "./schema";

/** What is caught is `a` in the text. What is not listed is said as the server says it. */
const SAYINGS: readonly [RegExp, string][] = [
  [/^Expected `array` of length >= (\d+)/, "least"],
  [/^Expected `(?:array|str)` of length <= (\d+)/, "most"],
  [/^Expected `str` of length >= |must not be empty$/, "empty"],
  [/^Invalid decimal string/, "number"],
  [/matching regex '\^sha256/, "file"],
  [/`options` must be given for every gap/, "gap_options"],
  [/must have either `text`, which is said/, "either"],
  [/`turns` must leave at least one/, "turn"],
  [/`options` must not be there where nothing/, "no_options"],
  [/must have `(.+)`, which is right there/, "right_there"],
  [/`answer` must be one of the options/, "one_of"],
  [/must not say the same as/, "same"],
  [/lack (.+) to build/, "lack"],
  [/must be a day of the calendar|must look like 2024/, "day"],
  [/`weights` of the answers must make 1/, "weights"],
  [/`picture` must not be one of `others`/, "picture"],
  [/`decoys` must not be texts on the right/, "decoys"],
  [/`most_words` must not be less/, "words"],
  [/`other_units` need a `unit`/, "unit"],
  [/^authors have changed the draft; `replace`/, "replace"],
  [/^the course is its own prerequisite/, "own_prerequisite"],
  [/^the section has no unit/, "section"],
  [/^the unit has no lesson/, "unit_empty"],
  [/^the lesson is empty/, "lesson"],
  [/^the course has no (?:section|content)/, "course"],
];

export function inWords(message: string, t: TFunction): string {
  for (const [pattern, name] of SAYINGS) {
    const found = pattern.exec(message);
    if (found) return t(`author.said.${name}`, { a: found[1] ?? "" });
  }
  return message;
}

/** Whether nothing stands there yet: `field` as "pairs[0][1]" or "turns[2].accepted". */
export function isMissing(values: Values, field: string): boolean {
  const steps = field.match(/[^.[\]]+/g) ?? [];
  const value = steps.reduce<unknown>((at, step) => (at === null || typeof at !== "object" ? undefined : (at as Values)[step]), values);
  return isEmpty(value) || (Array.isArray(value) && value.every(isEmpty));
}

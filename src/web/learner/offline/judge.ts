// What this device can say about an answer by itself. What counts is the server's grade; here it is said only where
// there is no doubt: null is for "that is for the server to say".

import type { Expected } from "../player/queue";
import type { AnyPrompt } from "../player/kinds/kind";
import type { Solution } from "./store";

export interface Judged {
  correct: boolean | null;
  expected: Expected | null;
}

const PLAIN = /[\p{P}\p{S}\s]+/gu;
/** Groups of alternatives: too much to unfold here. */
const GROUPED = /[()[\]{}/\\*]/;

/** Fields of the kinds that are told apart below; each has its own few. */
interface Fields {
  answer: string | boolean;
  answers: string[];
  accepted: string[];
  items: string[];
  pairs: string[][];
  gaps: string[][];
  picture: { media: string };
  model?: string;
}

export function judge({ content }: Solution, prompt: AnyPrompt, answer: unknown): Judged {
  const fields = content as unknown as Fields;
  switch (prompt.kind) {
    case "multiple_choice": {
      const chosen = prompt.options.find((option) => option.id === answer)?.text;
      return { correct: chosen === fields.answer, expected: String(fields.answer) };
    }
    case "multiple_response": {
      const chosen = prompt.options.filter((option) => (answer as string[]).includes(option.id)).map((option) => option.text);
      return { correct: isSame(chosen, fields.answers), expected: fields.answers };
    }
    case "true_false":
      return { correct: answer === fields.answer, expected: String(fields.answer) };
    case "pick_picture": {
      const right = prompt.pictures.find(({ image }) => image.url.includes(fields.picture.media.replace("sha256:", "")));
      return right ? { correct: answer === right.id, expected: right.id } : { correct: null, expected: null };
    }
    case "order":
      return { correct: JSON.stringify(answer) === JSON.stringify(fields.items), expected: fields.items };
    case "match_pairs":
      return { correct: isSame((answer as unknown[]).map((pair) => JSON.stringify(pair)), fields.pairs.map((pair) => JSON.stringify(pair))), expected: fields.pairs };
    case "word_bank":
    case "listen_tap":
      return written((answer as string[]).join(" "), fields.accepted, { isSure: true });
    case "translate":
    case "listen_type":
    case "short_answer":
      return written(String(answer), fields.accepted, { isSure: false });
    case "cloze": {
      const gaps = fields.gaps.map((accepted, place) => written((answer as string[])[place] ?? "", accepted, { isSure: prompt.options[place]?.length !== 0 }));
      return { correct: all(gaps.map((gap) => gap.correct)), expected: gaps.map((gap) => String(gap.expected ?? "")) };
    }
    case "flashcard":
      return { correct: answer !== "again", expected: null };
    case "essay":
      return { correct: null, expected: fields.model || null };
    default:
      return { correct: null, expected: null };
  }
}

/** Right where it is one of the accepted. Wrong only where there are no slips to be forgiven and nothing to unfold. */
function written(text: string, accepted: readonly string[], { isSure }: { isSure: boolean }): Judged {
  const given = plain(text);
  const simple = accepted.filter((one) => !GROUPED.test(one));
  const right = simple.some((one) => plain(one) === given);
  const isWrong = isSure && simple.length === accepted.length;
  return { correct: right ? true : isWrong ? false : null, expected: simple[0] ?? null };
}

const plain = (text: string) => text.normalize("NFC").toLowerCase().replace(PLAIN, " ").trim();

function all(parts: readonly (boolean | null)[]): boolean | null {
  if (parts.includes(false)) return false;
  return parts.includes(null) ? null : true;
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one) => others.includes(one));
}

// What became of an answer: right or not, where the difference is, and what would have been right.

import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { direction } from "../../app/i18n";
import css from "./player.module.css";
import type { Exercise, Expected, Told } from "./queue";

const Explanation = lazy(() => import("./Explanation"));
/** What was chosen is told whole, not part by part. */
const CHOSEN = new Set(["multiple_choice", "true_false", "pick_picture", "flashcard", "essay"]);
/** Longer texts are shown as a block of their own. */
const SHORT = 120;

interface Props {
  told: Told;
  exercise: Exercise;
  language: string;
  /** Of what the author says about it. */
  spoken: string;
}

export function Verdict({ told, exercise, language, spoken }: Props) {
  const { t } = useTranslation();
  const named = useNames(exercise);
  const expected = inWords(told.expected, named);
  const isSure = told.correct !== null;
  const tone = told.correct === null ? "neutral" : told.correct ? "good" : "bad";
  const isPairs = exercise.kind === "match_pairs";
  const tokens = told.later || CHOSEN.has(exercise.kind) ? [] : told.tokens;
  const differs = tokens.some((token) => token.verdict !== "exact");
  const feedback = told.later ? "" : told.feedback;
  const heading = told.later
    ? t(isSure ? (told.correct ? "player.right" : "player.wrong") : "player.later")
    : t(`player.${exercise.kind === "essay" ? "essay_verdict" : "verdict"}.${told.verdict}`, { defaultValue: t(told.correct ? "player.right" : "player.wrong") });
  const showsExpected = expected && !(isPairs && differs) && (told.correct !== true || exercise.kind === "essay" || (!told.later && told.verdict !== "exact"));
  return (
    <div className={css.verdict} aria-live="assertive">
      <h2 data-tone={tone}>{heading}</h2>
      {differs && (
        <p className={isPairs ? css.wrongPairs : css.tokens} lang={language} dir={direction(language)}>
          {(isPairs ? tokens.filter((token) => token.verdict !== "exact") : tokens).map((token, place) => (
            <span key={place}>
              <span className={css.token} data-verdict={token.verdict}>{named(token.text || token.expected || "")}</span>
              {token.text && token.expected && token.expected !== token.text && <span className={css.better}>{named(token.expected)}</span>}{" "}
            </span>
          ))}
        </p>
      )}
      {showsExpected && (
        <p className={expected.length > SHORT ? css.model : undefined}>
          <strong>{t(exercise.kind === "essay" ? "player.model" : isSure ? "player.expected" : "player.expected_one")}</strong>{" "}
          <span lang={language} dir={direction(language)}>{expected}</span>
        </p>
      )}
      {told.later && <p className={css.soundNote}>{t("player.later_detail")}</p>}
      {feedback && <p lang={spoken}>{feedback}</p>}
      {told.explanation && <Suspense><Explanation text={told.explanation} language={spoken} /></Suspense>}
    </div>
  );
}

/** Says what an id of an answer stands for. */
function useNames(exercise: Exercise): (text: string) => string {
  const { t } = useTranslation();
  const { prompt } = exercise;
  const names = new Map<string, string>();
  if (prompt.kind === "true_false") {
    names.set("true", t("player.true"));
    names.set("false", t("player.false"));
  }
  if (prompt.kind === "pick_picture") prompt.pictures.forEach(({ id, image }, place) => names.set(id, image.alt || t("player.picture", { number: place + 1 })));
  if (prompt.kind === "match_pairs") {
    prompt.left.forEach((id, place) => {
      const image = prompt.images?.[id];
      if (image || prompt.audio?.[id]) names.set(id, image?.alt || t(image ? "player.picture" : "player.recording", { number: place + 1 }));
    });
  }
  return (text) => names.get(text) ?? [...names].reduce((whole, [id, name]) => (id.length > 5 ? whole.replace(id, name) : whole), text);
}

function inWords(expected: Expected | null, named: (text: string) => string): string {
  if (expected === null) return "";
  if (typeof expected === "string") return named(expected);
  return expected.map((part) => (Array.isArray(part) ? part.map(named).join(" – ") : named(part))).join(expected.some(Array.isArray) ? " · " : expected.some((part) => part.includes(" ")) ? " · " : " ");
}

// What became of an answer: right or not, where the difference is, and what would have been right.

import { useTranslation } from "react-i18next";
import { direction } from "../../app/i18n";
import css from "./player.module.css";
import type { Grade } from "./queue";

const ALL_RIGHT = new Set(["exact"]);

export function Verdict({ grade, language }: { grade: Grade; language: string }) {
  const { t } = useTranslation();
  const tone = grade.correct ? "good" : "bad";
  const expected = inWords(grade.expected);
  const differs = grade.tokens.some((token) => token.verdict !== "exact");
  return (
    <div className={css.verdict} aria-live="assertive">
      <h2 data-tone={tone}>{t(`player.verdict.${grade.verdict}`, { defaultValue: t(grade.correct ? "player.right" : "player.wrong") })}</h2>
      {differs && (
        <p className={css.tokens} lang={language} dir={direction(language)}>
          {grade.tokens.map((token, place) => (
            <span key={place}>
              <span className={css.token} data-verdict={token.verdict}>{token.text || token.expected}</span>
              {token.text && token.expected && token.expected !== token.text && <span className={css.better}>{token.expected}</span>}{" "}
            </span>
          ))}
        </p>
      )}
      {(!grade.correct || !ALL_RIGHT.has(grade.verdict)) && expected && (
        <p><strong>{t("player.expected")}</strong> <span lang={language} dir={direction(language)}>{expected}</span></p>
      )}
    </div>
  );
}

function inWords(expected: Grade["expected"]): string {
  if (typeof expected === "string") return expected;
  return expected.map((part) => (Array.isArray(part) ? part.join(" – ") : part)).join(expected.some(Array.isArray) ? " · " : " ");
}

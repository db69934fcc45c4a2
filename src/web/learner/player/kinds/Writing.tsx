// A text of one's own, of so many words.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import css from "../player.module.css";
import type { KindProps, PromptOf } from "./kind";
import { Typing } from "./Typing";

const LONGEST = 20_000;

export function Writing({ prompt, ...props }: KindProps<PromptOf<"essay">>) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const words = count(text, prompt.answer_language);
  const isWithin = words >= prompt.least_words && words <= prompt.most_words;
  return (
    <>
      <Typing {...props} language={prompt.answer_language} label={t("player.answer")} lines={8} longest={LONGEST} isLong onText={setText} />
      <p className={css.soundNote} data-tone={isWithin ? "good" : undefined} aria-live="polite">{t("player.words_written", { words, least: prompt.least_words, most: prompt.most_words })}</p>
    </>
  );
}

function count(text: string, language: string): number {
  let words = 0;
  for (const part of new Intl.Segmenter(language, { granularity: "word" }).segment(text)) if (part.isWordLike) words += 1;
  return words;
}

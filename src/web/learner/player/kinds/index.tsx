// How each kind of exercise is shown. To add one: write its view, add its line.

import { useTranslation } from "react-i18next";
import { direction } from "../../../app/i18n";
import css from "../player.module.css";
import { Gaps } from "./Gaps";
import type { AnyPrompt, KindProps, KindView, PromptOf } from "./kind";
import { Options } from "./Options";
import { Pairs } from "./Pairs";
import { Tiles } from "./Tiles";
import { Typing } from "./Typing";

export type { AnyPrompt, KindProps } from "./kind";

export function Asked({ text, language }: { text: string; language: string }) {
  return <p className={css.asked} lang={language} dir={direction(language)}>{text}</p>;
}

function Typed({ prompt, language, lines, ...props }: KindProps<{ text: string; language: string }> & { language: string; lines?: number }) {
  const { t } = useTranslation();
  return <><Asked text={prompt.text} language={prompt.language} /><Typing {...props} language={language} label={t("player.answer")} {...(lines ? { lines } : {})} /></>;
}

function Choosing({ prompt, ...props }: KindProps<PromptOf<"multiple_choice"> | PromptOf<"multiple_response">>) {
  return (
    <>
      <Asked text={prompt.text} language={prompt.language} />
      <Options {...props} options={prompt.options} language={prompt.option_language} label={prompt.text} isSeveral={prompt.kind === "multiple_response"} />
    </>
  );
}

const VIEWS: { [K in AnyPrompt["kind"]]?: KindView<PromptOf<K>> } = {
  multiple_choice: { task: "player.task.multiple_choice", View: Choosing },
  multiple_response: { task: "player.task.multiple_response", View: Choosing },
  translate: { task: "player.task.translate", View: (props) => <Typed {...props} language={props.prompt.answer_language} /> },
  numeric: { task: "player.task.numeric", View: (props) => <Typed {...props} language={props.prompt.language} lines={1} /> },
  date: { task: "player.task.date", View: (props) => <Typed {...props} language={props.prompt.answer_language} lines={1} /> },
  cloze: { task: "player.task.cloze", View: Gaps },
  match_pairs: { task: "player.task.match_pairs", View: Pairs },
  word_bank: {
    task: "player.task.word_bank",
    View: (props) => <><Asked text={props.prompt.text} language={props.prompt.language} /><Tiles {...props} words={props.prompt.words} language={props.prompt.answer_language} label={props.prompt.text} /></>,
  },
  order: {
    task: "player.task.order",
    View: (props) => <><Asked text={props.prompt.text} language={props.prompt.language} /><Tiles {...props} words={props.prompt.items} language={props.prompt.answer_language} label={props.prompt.text} isAll /></>,
  },
};

/** Undefined for a kind that this client is too old for. */
export function viewOf(kind: string): KindView<AnyPrompt> | undefined {
  return (VIEWS as Record<string, KindView<AnyPrompt> | undefined>)[kind];
}

// How each kind of exercise is shown. To add one: write its view, add its line.

import { useTranslation } from "react-i18next";
import { direction } from "../../../app/i18n";
import css from "../player.module.css";
import { Sound } from "../Sound";
import { Conversation } from "./Conversation";
import { Gaps } from "./Gaps";
import type { AnyPrompt, KindProps, KindView, PromptOf } from "./kind";
import { Options } from "./Options";
import { Pairs } from "./Pairs";
import { Speaking } from "./Speaking";
import { Tiles } from "./Tiles";
import { TwoSides } from "./TwoSides";
import { Typing } from "./Typing";
import { Writing } from "./Writing";

export type { AnyPrompt, KindProps } from "./kind";

export function Asked({ text, language }: { text: string; language: string }) {
  return <p className={css.asked} lang={language} dir={direction(language)}>{text}</p>;
}

function Typed({ prompt, language, lines, note, ...props }: KindProps<{ text: string; language: string }> & { language: string; lines?: number; note?: string | false }) {
  const { t } = useTranslation();
  return (
    <>
      <Asked text={prompt.text} language={prompt.language} />
      {note && <p className={css.soundNote}>{t(note)}</p>}
      <Typing {...props} language={language} label={t("player.answer")} {...(lines ? { lines } : {})} />
    </>
  );
}

function Choosing({ prompt, ...props }: KindProps<PromptOf<"multiple_choice"> | PromptOf<"multiple_response">>) {
  return (
    <>
      <Asked text={prompt.text} language={prompt.language} />
      <Options {...props} options={prompt.options} language={prompt.option_language} label={prompt.text} isSeveral={prompt.kind === "multiple_response"} />
    </>
  );
}

function TrueOrFalse({ prompt, onChange, ...props }: KindProps<PromptOf<"true_false">>) {
  const { t, i18n } = useTranslation();
  const options = [{ id: "true", text: t("player.true") }, { id: "false", text: t("player.false") }];
  return (
    <>
      <Asked text={prompt.text} language={prompt.language} />
      <Options {...props} options={options} language={i18n.language} label={prompt.text} onChange={(id) => onChange(id === null ? null : id === "true")} />
    </>
  );
}

function Heard({ prompt, ...props }: KindProps<PromptOf<"listen_type">>) {
  const { t } = useTranslation();
  return <><Sound audio={prompt.audio} isMain /><Typing {...props} language={prompt.language} label={t("player.answer")} /></>;
}

function HeardInTiles({ prompt, ...props }: KindProps<PromptOf<"listen_tap">>) {
  const { t } = useTranslation();
  return <><Sound audio={prompt.audio} isMain /><Tiles {...props} words={prompt.words} language={prompt.language} label={t("player.answer")} /></>;
}

const VIEWS: { [K in AnyPrompt["kind"]]: KindView<PromptOf<K>> } = {
  multiple_choice: { task: "player.task.multiple_choice", View: Choosing },
  multiple_response: { task: "player.task.multiple_response", View: Choosing },
  true_false: { task: "player.task.true_false", View: TrueOrFalse },
  pick_picture: {
    task: "player.task.pick_picture",
    View: ({ prompt, ...props }) => (
      <>
        <Asked text={prompt.text} language={prompt.language} />
        <Options {...props} options={prompt.pictures.map(({ id, image }) => ({ id, text: "", picture: image }))} language={prompt.language} label={prompt.text} />
      </>
    ),
  },
  translate: { task: "player.task.translate", isTyped: true, View: (props) => <Typed {...props} language={props.prompt.answer_language} /> },
  short_answer: { task: "player.task.short_answer", isTyped: true, View: (props) => <Typed {...props} language={props.prompt.answer_language} lines={2} /> },
  numeric: { task: "player.task.numeric", View: (props) => <Typed {...props} language={props.prompt.language} lines={1} note={props.prompt.needs_unit && "player.needs_unit"} /> },
  date: { task: "player.task.date", isTyped: true, View: (props) => <Typed {...props} language={props.prompt.answer_language} lines={1} note={props.prompt.needs_year && "player.needs_year"} /> },
  cloze: { task: "player.task.cloze", isTyped: true, View: Gaps },
  match_pairs: {
    task: "player.task.match_pairs",
    isWhole: true,
    View: (props) => <>{props.prompt.text && <Asked text={props.prompt.text} language={props.prompt.language} />}<Pairs {...props} /></>,
  },
  word_bank: {
    task: "player.task.word_bank",
    View: (props) => <><Asked text={props.prompt.text} language={props.prompt.language} /><Tiles {...props} words={props.prompt.words} language={props.prompt.answer_language} label={props.prompt.text} /></>,
  },
  order: {
    task: "player.task.order",
    isWhole: true,
    View: (props) => <><Asked text={props.prompt.text} language={props.prompt.language} /><Tiles {...props} words={props.prompt.items} language={props.prompt.answer_language} label={props.prompt.text} isAll /></>,
  },
  listen_type: { task: "player.task.listen_type", isTyped: true, View: Heard },
  listen_tap: { task: "player.task.listen_tap", View: HeardInTiles },
  speak: { task: "player.task.speak", isTyped: true, View: (props) => <><Asked text={props.prompt.text} language={props.prompt.language} /><Speaking {...props} /></> },
  dialogue: { task: "player.task.dialogue", isTyped: true, View: Conversation },
  flashcard: {
    task: "player.task.flashcard",
    isSelfGraded: true,
    View: ({ prompt, isLocked, onAnswer }) => (
      <TwoSides
        front={{ texts: [prompt.text], language: prompt.language }}
        back={{ texts: prompt.back, language: prompt.answer_language, picture: prompt.back_image, recording: prompt.back_audio }}
        note={prompt.note} isLocked={isLocked} onRate={onAnswer}
      />
    ),
  },
  essay: { task: "player.task.essay", isTyped: true, View: (props) => <><Asked text={props.prompt.text} language={props.prompt.language} /><Writing {...props} /></> },
};

/** Undefined for a kind that this client is too old for. */
export function viewOf(kind: string): KindView<AnyPrompt> | undefined {
  return (VIEWS as Record<string, KindView<AnyPrompt> | undefined>)[kind];
}

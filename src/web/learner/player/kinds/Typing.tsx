// A field for a text in the language that is asked for.

import { type KeyboardEvent, useState } from "react";
import { direction } from "../../../app/i18n";
import css from "../player.module.css";
import type { KindProps } from "./kind";

interface Props extends Pick<KindProps, "onChange" | "onSubmit" | "isLocked"> {
  language: string;
  label: string;
  lines?: number;
  longest?: number;
  /** Enter begins a new line; Ctrl+Enter sends. */
  isLong?: boolean;
  onText?: (text: string) => void;
}

export function Typing({ language, label, onChange, onSubmit, isLocked, lines = 3, longest = 1000, isLong = false, onText }: Props) {
  const [text, setText] = useState("");
  const put = (value: string) => {
    setText(value);
    onText?.(value);
    onChange(value.trim() ? value : null);
  };
  const enter = (event: KeyboardEvent) => {
    // While letters are put together (Chinese, Japanese, Korean), Enter chooses and does not send.
    if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
    event.stopPropagation();
    if (isLong ? !(event.ctrlKey || event.metaKey) : event.shiftKey) return;
    event.preventDefault();
    onSubmit();
  };
  return (
    <textarea
      className={css.typed} rows={lines} lang={language} dir={direction(language)} aria-label={label}
      value={text} readOnly={isLocked} maxLength={longest} autoFocus autoCapitalize="off" autoCorrect="off" autoComplete="off" spellCheck={isLong}
      onChange={(event) => put(event.target.value)} onKeyDown={enter}
    />
  );
}

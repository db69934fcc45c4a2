// A field for a text in the language that is asked for, with the letters that keyboards lack.

import { type KeyboardEvent, useRef, useState } from "react";
import { Button, Toolbar } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { direction } from "../../../app/i18n";
import css from "../player.module.css";
import type { KindProps } from "./kind";

interface Props extends Pick<KindProps, "onChange" | "onSubmit" | "isLocked" | "characters"> {
  language: string;
  label: string;
  lines?: number;
}

export function Typing({ language, label, onChange, onSubmit, isLocked, characters, lines = 3 }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const put = (value: string) => {
    setText(value);
    onChange(value.trim() ? value : null);
  };
  const insert = (letter: string) => {
    const { selectionStart = text.length, selectionEnd = text.length } = field.current ?? {};
    put(text.slice(0, selectionStart) + letter + text.slice(selectionEnd));
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(selectionStart + letter.length, selectionStart + letter.length);
    });
  };
  const enter = (event: KeyboardEvent) => {
    // While letters are put together (Chinese, Japanese, Korean), Enter chooses and does not send.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    onSubmit();
  };
  return (
    <>
      <textarea
        ref={field} className={css.typed} rows={lines} lang={language} dir={direction(language)} aria-label={label}
        value={text} readOnly={isLocked} maxLength={1000} autoFocus autoCapitalize="off" autoCorrect="off" autoComplete="off" spellCheck={false}
        onChange={(event) => put(event.target.value)} onKeyDown={enter}
      />
      {characters.length > 0 && !isLocked && (
        <Toolbar aria-label={t("player.characters")} className={css.characters ?? ""}>
          {characters.map((letter) => <Button key={letter} className={css.tile ?? ""} preventFocusOnPress onPress={() => insert(letter)}>{letter}</Button>)}
        </Toolbar>
      )}
    </>
  );
}

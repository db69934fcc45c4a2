// Letters of the course that a keyboard may not have. They go into the field that was written in last.

import type { RefObject } from "react";
import { Button, Toolbar } from "react-aria-components";
import { useTranslation } from "react-i18next";
import css from "./player.module.css";

type TextField = HTMLInputElement | HTMLTextAreaElement;

export const FIELDS = "textarea:not([readonly]), input[type=text]:not([readonly])";

export function Letters({ letters, within }: { letters: readonly string[]; within: RefObject<HTMLElement | null> }) {
  const { t } = useTranslation();
  const insert = (letter: string) => {
    const active = document.activeElement;
    const fields = [...(within.current?.querySelectorAll<TextField>(FIELDS) ?? [])];
    const field = fields.find((one) => one === active) ?? fields.find((one) => one.dataset.last === "true") ?? fields[0];
    if (!field) return;
    field.setRangeText(letter, field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  };
  return (
    <Toolbar aria-label={t("player.characters")} className={css.characters ?? ""}>
      {letters.map((letter) => <Button key={letter} className={css.letter ?? ""} preventFocusOnPress onPress={() => insert(letter)}>{letter}</Button>)}
    </Toolbar>
  );
}

/** Marks the field that was written in last, for `Letters`. */
export function markLast(within: HTMLElement, target: EventTarget): void {
  if (!(target instanceof Element) || !target.matches(FIELDS)) return;
  for (const one of within.querySelectorAll<TextField>(FIELDS)) one.dataset.last = String(one === target);
}

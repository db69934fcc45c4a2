// Words that are put into a line, one after another: also by digits, and taken back by the backspace key.

import { useRef, useState } from "react";
import { Button, type PressEvent } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { direction } from "../../../app/i18n";
import { digitOf, useKeys } from "../keys";
import css from "../player.module.css";
import type { KindProps } from "./kind";

interface Props extends Pick<KindProps, "onChange" | "isLocked"> {
  words: readonly string[];
  language: string;
  label: string;
  /** Whether all of them have to be placed. */
  isAll?: boolean;
}

export function Tiles({ words, language, label, isAll = false, onChange, isLocked }: Props) {
  const { t } = useTranslation();
  const [line, setLine] = useState<readonly number[]>([]);
  const bank = useRef<HTMLDivElement>(null);
  const put = (next: readonly number[]) => {
    setLine(next);
    onChange(next.length === 0 || (isAll && next.length < words.length) ? null : next.map((place) => words[place]));
  };
  const add = (place: number, by?: PressEvent["pointerType"]) => {
    const next = [...line, place];
    put(next);
    if (by !== "keyboard" && by !== "virtual") return;
    // A word that is used cannot keep the focus.
    const buttons = [...(bank.current?.children ?? [])] as HTMLElement[];
    const free = buttons.filter((_, other) => !next.includes(other));
    (free.find((one) => buttons.indexOf(one) > place) ?? free[0])?.focus();
  };
  useKeys((event, target) => {
    const place = digitOf(event, target) - 1;
    if (isLocked) return;
    if (event.key === "Backspace" && line.length) put(line.slice(0, -1));
    else if (place in words && !line.includes(place)) add(place);
  });
  return (
    <div lang={language} dir={direction(language)}>
      <div className={css.line} role="group" aria-label={label}>
        {line.map((place) => (
          <Button key={place} className={css.tile ?? ""} isDisabled={isLocked} aria-label={t("player.take_back", { word: words[place] })} onPress={() => put(line.filter((one) => one !== place))}>{words[place]}</Button>
        ))}
      </div>
      <p className="visually-hidden" aria-live="polite">{line.map((place) => words[place]).join(" ")}</p>
      <div ref={bank} className={css.tiles} role="group" aria-label={t("player.words")} style={{ marginBlockStart: "var(--space-4)" }}>
        {words.map((word, place) => (
          <Button key={place} className={css.tile ?? ""} data-used={line.includes(place)} isDisabled={isLocked || line.includes(place)} onPress={(event) => add(place, event.pointerType)}>{place < 9 && <span className={css.key} aria-hidden>{place + 1}</span>}{word}</Button>
        ))}
      </div>
    </div>
  );
}

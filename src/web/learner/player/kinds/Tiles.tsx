// Words that are put into a line, one after another.

import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { direction } from "../../../app/i18n";
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
  const put = (next: readonly number[]) => {
    setLine(next);
    onChange(next.length === 0 || (isAll && next.length < words.length) ? null : next.map((place) => words[place]));
  };
  return (
    <div lang={language} dir={direction(language)}>
      <div className={css.line} role="group" aria-label={label}>
        {line.map((place) => (
          <Button key={place} className={css.tile ?? ""} isDisabled={isLocked} aria-label={t("player.take_back", { word: words[place] })} onPress={() => put(line.filter((one) => one !== place))}>{words[place]}</Button>
        ))}
      </div>
      <p className="visually-hidden" aria-live="polite">{line.map((place) => words[place]).join(" ")}</p>
      <div className={css.tiles} role="group" aria-label={t("player.words")} style={{ marginBlockStart: "var(--space-4)" }}>
        {words.map((word, place) => (
          <Button key={place} className={css.tile ?? ""} data-used={line.includes(place)} isDisabled={isLocked || line.includes(place)} onPress={() => put([...line, place])}>{word}</Button>
        ))}
      </div>
    </div>
  );
}

// A text with gaps: typed into, or chosen for.

import { Fragment, useState } from "react";
import { useTranslation } from "react-i18next";
import { direction } from "../../../app/i18n";
import css from "../player.module.css";
import type { KindProps, PromptOf } from "./kind";

export function Gaps({ prompt, onChange, onSubmit, isLocked }: KindProps<PromptOf<"cloze">>) {
  const { t } = useTranslation();
  const [texts, setTexts] = useState<readonly string[]>(prompt.options.map(() => ""));
  const put = (place: number, text: string) => {
    const next = texts.map((one, other) => (other === place ? text : one));
    setTexts(next);
    onChange(next.every((one) => one.trim()) ? next : null);
  };
  return (
    <p className={`${css.asked} ${css.gapped}`} lang={prompt.language} dir={direction(prompt.language)}>
      {prompt.parts.map((part, place) => {
        const options = prompt.options[place];
        const shared = { className: css.gap, value: texts[place] ?? "", "aria-label": t("player.gap", { number: place + 1 }), autoFocus: place === 0 };
        return (
          <Fragment key={place}>
            {part}
            {options && (options.length ? (
              <select {...shared} disabled={isLocked} onChange={(event) => put(place, event.target.value)}>
                <option value="">…</option>
                {options.map((option) => <option key={option}>{option}</option>)}
              </select>
            ) : (
              <input type="text" {...shared} readOnly={isLocked} maxLength={200} autoCapitalize="off" autoComplete="off" spellCheck={false}
                onChange={(event) => put(place, event.target.value)} onKeyDown={(event) => event.key === "Enter" && !event.nativeEvent.isComposing && onSubmit()} />
            ))}
          </Fragment>
        );
      })}
    </p>
  );
}

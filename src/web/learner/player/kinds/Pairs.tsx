// Two columns whose lines belong together.

import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { direction } from "../../../app/i18n";
import css from "../player.module.css";
import type { KindProps, PromptOf } from "./kind";

type Side = "left" | "right";

export function Pairs({ prompt, onChange, isLocked }: KindProps<PromptOf<"match_pairs">>) {
  const { t } = useTranslation();
  const [pairs, setPairs] = useState<readonly (readonly [string, string])[]>([]);
  const [picked, setPicked] = useState<{ side: Side; text: string } | null>(null);
  const put = (next: readonly (readonly [string, string])[]) => {
    setPairs(next);
    onChange(next.length === prompt.left.length ? next : null);
  };
  const pick = (side: Side, text: string) => {
    const pair = pairs.find((one) => one[side === "left" ? 0 : 1] === text);
    if (pair) return put(pairs.filter((one) => one !== pair));
    if (!picked || picked.side === side) return setPicked(picked?.text === text ? null : { side, text });
    setPicked(null);
    put([...pairs, side === "right" ? [picked.text, text] : [text, picked.text]]);
  };
  const column = (side: Side, texts: readonly string[], language: string) => (
    <div lang={language} dir={direction(language)} role="group" aria-label={t(`player.column_${side}`)}>
      {texts.map((text) => {
        const number = pairs.findIndex((one) => one[side === "left" ? 0 : 1] === text);
        return (
          <Button key={text} className={css.option ?? ""} isDisabled={isLocked} aria-pressed={picked?.side === side && picked.text === text || number >= 0} data-selected={picked?.side === side && picked.text === text || number >= 0 || undefined} onPress={() => pick(side, text)}>
            <span className={css.digit} aria-hidden>{number >= 0 ? number + 1 : ""}</span>{text}
            {number >= 0 && <span className="visually-hidden">{t("player.pair", { number: number + 1 })}</span>}
          </Button>
        );
      })}
    </div>
  );
  return (
    <div className={css.columns}>
      {column("left", prompt.left, prompt.language)}
      {column("right", prompt.right, prompt.right_language)}
    </div>
  );
}

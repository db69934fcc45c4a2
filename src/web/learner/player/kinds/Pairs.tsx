// Two columns whose lines belong together. On the left there may be pictures or sounds; on the right texts that belong
// to nothing.

import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { direction } from "../../../app/i18n";
import css from "../player.module.css";
import { Sound } from "../Sound";
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
      {texts.map((text, place) => {
        const number = pairs.findIndex((one) => one[side === "left" ? 0 : 1] === text);
        const isChosen = number >= 0 || (picked?.side === side && picked.text === text);
        const picture = side === "left" ? prompt.images?.[text] : undefined;
        const recording = side === "left" ? prompt.audio?.[text] : undefined;
        const name = picture ? picture.alt || t("player.picture", { number: place + 1 }) : recording ? t("player.recording", { number: place + 1 }) : text;
        return (
          <div key={text} className={css.pair}>
            <Button className={css.option ?? ""} isDisabled={isLocked} aria-pressed={isChosen} data-selected={isChosen || undefined} onPress={() => pick(side, text)}>
              <span className={css.digit} aria-hidden>{number >= 0 ? number + 1 : ""}</span>
              {picture ? <img className={css.small} src={picture.url} alt={name} /> : <span>{name}</span>}
              {number >= 0 && <span className="visually-hidden">{t("player.pair", { number: number + 1 })}</span>}
            </Button>
            {recording && <Sound audio={recording} />}
          </div>
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

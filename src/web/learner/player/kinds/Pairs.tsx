// Two columns whose lines belong together. On the left there may be pictures or sounds; on the right texts that belong
// to nothing. A digit picks a line: of the left column, and once one is picked there, of the right.

import { type KeyboardEvent, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { direction } from "../../../app/i18n";
import { digitOf, useKeys } from "../keys";
import css from "../player.module.css";
import { Sound } from "../Sound";
import type { KindProps, PromptOf } from "./kind";

type Side = "left" | "right";

/** Pairs are told apart by letters, since digits are keys. */
const NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

export function Pairs({ prompt, onChange, isLocked }: KindProps<PromptOf<"match_pairs">>) {
  const { t } = useTranslation();
  const [pairs, setPairs] = useState<readonly (readonly [string, string])[]>([]);
  const [picked, setPicked] = useState<{ side: Side; text: string } | null>(null);
  const columns = useRef<HTMLDivElement>(null);
  const lines = () => [...(columns.current?.children ?? [])].map((column) => [...column.querySelectorAll<HTMLElement>("[aria-pressed]")]);
  const put = (next: readonly (readonly [string, string])[]) => {
    setPairs(next);
    onChange(next.length === prompt.left.length ? next : null);
  };
  const pick = (side: Side, text: string) => {
    const pair = pairs.find((one) => one[side === "left" ? 0 : 1] === text);
    if (pair) return put(pairs.filter((one) => one !== pair));
    if (!picked || picked.side === side) return setPicked(picked?.text === text ? null : { side, text });
    const next = [...pairs, side === "right" ? ([picked.text, text] as const) : ([text, picked.text] as const)];
    setPicked(null);
    put(next);
    // On with the next one that has no other; after the last, "Check" takes the focus.
    lines()[0]?.[prompt.left.findIndex((one) => next.every(([left]) => left !== one))]?.focus();
  };
  useKeys((event, target) => {
    const side = picked?.side === "left" ? "right" : "left";
    const text = prompt[side][digitOf(event, target) - 1];
    if (text !== undefined && !isLocked) pick(side, text);
  });
  const walk = (event: KeyboardEvent) => {
    const found = lines();
    const column = found.findIndex((one) => one.includes(event.target as HTMLElement));
    const place = found[column]?.indexOf(event.target as HTMLElement) ?? -1;
    const across = found[1 - column]?.[Math.min(place, (found[1 - column]?.length ?? 0) - 1)];
    const next = { ArrowUp: found[column]?.[place - 1], ArrowDown: found[column]?.[place + 1], ArrowLeft: across, ArrowRight: across }[event.key];
    if (!next) return;
    event.preventDefault();
    next.focus();
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
              <span className={css.digit} aria-hidden>{place + 1}</span>
              {picture ? <img className={css.small} src={picture.url} alt={name} /> : <span>{name}</span>}
              {number >= 0 && <span className={css.mate} aria-hidden>{NAMES[number]}</span>}
              {number >= 0 && <span className="visually-hidden">{t("player.pair", { name: NAMES[number] })}</span>}
            </Button>
            {recording && <Sound audio={recording} />}
          </div>
        );
      })}
    </div>
  );
  return (
    <div ref={columns} className={css.columns} onKeyDownCapture={walk}>
      {column("left", prompt.left, prompt.language)}
      {column("right", prompt.right, prompt.right_language)}
    </div>
  );
}

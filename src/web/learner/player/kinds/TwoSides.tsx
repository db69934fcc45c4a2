// A card with two sides. Its buttons say how well it was known: 1 to 4, after the space bar has turned it.

import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { direction } from "../../../app/i18n";
import { Button as Plain } from "../../../app/ui";
import { digitOf, useKeys } from "../keys";
import css from "../player.module.css";
import { Sound } from "../Sound";
import type { Picture, Recording } from "./kind";

export const RATINGS = ["again", "hard", "good", "easy"] as const;
export type Rating = (typeof RATINGS)[number];

export interface Side {
  texts: readonly string[];
  language: string;
  picture?: Picture | null | undefined;
  recording?: Recording | null | undefined;
}

interface Props {
  front: Side;
  back: Side;
  note?: string | undefined;
  isLocked: boolean;
  onRate: (rating: Rating) => void;
  /** When it would come again, in words. */
  when?: Partial<Record<Rating, string>>;
}

export function TwoSides({ front, back, note, isLocked, onRate, when = {} }: Props) {
  const { t } = useTranslation();
  const [isTurned, setIsTurned] = useState(false);
  const side = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isTurned) side.current?.focus();
  }, [isTurned]);
  useKeys((event, target) => {
    const rating = RATINGS[digitOf(event, target) - 1];
    if (!isTurned && (event.key === " " || event.key === "Enter") && !target.closest("button, a")) {
      event.preventDefault();
      setIsTurned(true);
    } else if (isTurned && rating && !isLocked) onRate(rating);
  });
  return (
    <>
      <div className={css.card}>
        <Face {...front} />
        {isTurned && <div ref={side} tabIndex={-1} className={css.back} aria-live="polite"><Face {...back} />{note && <p className={css.soundNote}>{note}</p>}</div>}
      </div>
      {isTurned ? (
        <div className={css.ratings} role="group" aria-label={t("player.rate")}>
          {RATINGS.map((rating, place) => (
            <Button key={rating} className={css.rating ?? ""} data-rating={rating} isDisabled={isLocked} onPress={() => onRate(rating)}>
              <span>{t(`player.rating.${rating}`)}</span>
              {when[rating] ? <small>{when[rating]}</small> : <small aria-hidden>{place + 1}</small>}
            </Button>
          ))}
        </div>
      ) : (
        <Plain look="primary" wide autoFocus onPress={() => setIsTurned(true)}>{t("player.turn")}</Plain>
      )}
    </>
  );
}

function Face({ texts, language, picture, recording }: Side) {
  return (
    <div className={css.face} lang={language} dir={direction(language)}>
      {picture && <img className={css.image} src={picture.url} alt={picture.alt} />}
      {texts.map((text, place) => (place ? <p key={text}>{text}</p> : <p key={text} className={css.asked}>{text}</p>))}
      {recording && <Sound audio={recording} />}
    </div>
  );
}

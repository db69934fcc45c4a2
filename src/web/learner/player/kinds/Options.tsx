// One or several of some options, by mouse, arrows or digits.

import { useState } from "react";
import { ListBox, ListBoxItem } from "react-aria-components";
import { direction } from "../../../app/i18n";
import { digitOf, useKeys } from "../keys";
import css from "../player.module.css";
import type { KindProps, Picture } from "./kind";

export interface Choice {
  id: string;
  text: string;
  picture?: Picture;
}

interface Props extends Pick<KindProps, "onChange" | "onSubmit" | "isLocked"> {
  options: readonly Choice[];
  language: string;
  label: string;
  isSeveral?: boolean;
}

export function Options({ options, language, label, isSeveral = false, onChange, onSubmit, isLocked }: Props) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const choose = (next: ReadonlySet<string>) => {
    if (isLocked) return;
    setChosen(next);
    const ids = options.filter((option) => next.has(option.id)).map((option) => option.id);
    onChange(isSeveral ? (ids.length ? ids : null) : (ids[0] ?? null));
  };
  useKeys((event, target) => {
    const option = options[digitOf(event, target) - 1];
    if (!option) return;
    const next = new Set(isSeveral ? chosen : []);
    if (isSeveral && next.delete(option.id)) choose(next);
    else choose(next.add(option.id));
  });
  const hasPictures = options.some((one) => one.picture);
  return (
    // Space chooses; Enter says that the choice is made.
    <div
      onKeyDownCapture={(event) => {
        if (event.key !== "Enter" || !chosen.size) return;
        event.preventDefault();
        event.stopPropagation();
        onSubmit();
      }}
    >
      <ListBox
        aria-label={label} layout="grid" selectionMode={isSeveral ? "multiple" : "single"} selectionBehavior="toggle" shouldFocusWrap disallowEmptySelection={!isSeveral}
        disabledKeys={isLocked ? options.map((option) => option.id) : []}
        selectedKeys={chosen} onSelectionChange={(keys) => choose(keys === "all" ? new Set(options.map((one) => one.id)) : new Set([...keys].map(String)))}
        className={(hasPictures ? css.pictures : css.options) ?? ""} lang={language} dir={direction(language)}
      >
        {options.map((option, place) => (
          <ListBoxItem key={option.id} id={option.id} textValue={option.text || option.picture?.alt || String(place + 1)} className={`${css.option} ${option.picture ? css.picture : ""}`}>
            <span className={css.digit} aria-hidden>{place + 1}</span>
            {option.picture && <img src={option.picture.url} alt={option.picture.alt} />}
            {option.text && <span>{option.text}</span>}
          </ListBoxItem>
        ))}
      </ListBox>
    </div>
  );
}

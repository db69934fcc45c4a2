// A conversation: what the others say, and what the learner says, typed or chosen, turn by turn.

import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { direction } from "../../../app/i18n";
import { Button as Plain } from "../../../app/ui";
import css from "../player.module.css";
import { Sound } from "../Sound";
import type { KindProps, PromptOf } from "./kind";

export function Conversation({ prompt, onChange, onSubmit, isLocked }: KindProps<PromptOf<"dialogue">>) {
  const { t } = useTranslation();
  const [said, setSaid] = useState<readonly string[]>([]);
  const [text, setText] = useState("");
  const end = useRef<HTMLLIElement>(null);
  const own = prompt.turns.flatMap((turn, place) => (turn.text === null ? [place] : []));
  const now = own[said.length];
  const isLast = said.length === own.length - 1;
  useEffect(() => {
    end.current?.scrollIntoView({ block: "nearest" });
  }, [said.length]);
  const say = (words: string) => {
    const next = [...said, words];
    setSaid(next);
    setText("");
    onChange(next.length === own.length ? next : null);
  };
  const type = (words: string) => {
    setText(words);
    // What is typed last need not be said before it is checked.
    onChange(isLast && words.trim() ? [...said, words] : null);
  };
  const enter = () => {
    if (!text.trim()) return;
    if (isLast) onSubmit();
    else say(text);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
    event.preventDefault();
    // The player would check the whole.
    event.stopPropagation();
    enter();
  };
  const takeBack = () => {
    setSaid(said.slice(0, -1));
    onChange(null);
  };
  return (
    <>
      <ol className={css.talk} lang={prompt.language} dir={direction(prompt.language)} aria-live="polite">
        {prompt.turns.slice(0, now === undefined ? undefined : now + 1).map((turn, place) => {
          const mine = turn.text === null ? said[own.indexOf(place)] : undefined;
          if (turn.text !== null || mine !== undefined) {
            return (
              <li key={place} className={css.said} data-mine={turn.text === null}>
                {turn.speaker && <small>{turn.speaker}</small>}
                <span>{turn.text ?? mine}</span>
                {turn.audio && <Sound audio={turn.audio} />}
              </li>
            );
          }
          return (
            <li key={place} ref={end} className={css.turn}>
              {turn.cue && <p id="cue" className={css.cue} lang={prompt.cue_language} dir={direction(prompt.cue_language)}>{turn.cue}</p>}
              {turn.options.length ? (
                <div className={css.tiles} role="group" aria-label={turn.cue || t("player.your_turn")}>
                  {turn.options.map((option) => <Button key={option} className={css.tile ?? ""} isDisabled={isLocked} onPress={() => say(option)}>{option}</Button>)}
                </div>
              ) : (
                <div className={css.saying}>
                  <input
                    key={place} type="text" className={css.gap} aria-label={turn.cue || t("player.your_turn")} value={text} readOnly={isLocked} maxLength={200}
                    autoFocus autoCapitalize="off" autoComplete="off" spellCheck={false} onChange={(event) => type(event.target.value)} onKeyDown={press}
                  />
                  {!isLast && <Plain isDisabled={!text.trim()} onPress={enter}>{t("player.say")}</Plain>}
                </div>
              )}
            </li>
          );
        })}
      </ol>
      {said.length > 0 && !isLocked && <div><Plain look="quiet" small onPress={takeBack}>{t("player.say_again")}</Plain></div>}
    </>
  );
}

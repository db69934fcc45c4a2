// Hints, one after another, for whoever asks.

import { Lightbulb } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../app/ui";
import css from "./player.module.css";

export function Hints({ hints, isOver }: { hints: readonly string[]; isOver: boolean }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(0);
  if (!hints.length) return null;
  return (
    <div className={css.hints}>
      <ol aria-live="polite">{hints.slice(0, shown).map((hint, place) => <li key={place} className={css.hint}><Lightbulb aria-hidden size={18} />{hint}</li>)}</ol>
      {shown < hints.length && !isOver && (
        <Button look="quiet" small onPress={() => setShown(shown + 1)}><Lightbulb aria-hidden size={18} />{t(shown ? "player.another_hint" : "player.hint")}</Button>
      )}
    </div>
  );
}

// A recording, at two speeds. The space bar plays it (with Ctrl from within a field), with Shift slowly.

import { Snail, Volume2 } from "lucide-react";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "react-aria-components";
import { useKeys } from "./keys";
import type { Recording } from "./kinds/kind";
import css from "./player.module.css";

const SLOWLY = 0.7;
const FIELDS = "input, textarea, select";

interface Props {
  audio: Recording;
  /** It is what the exercise is about: large, played at first, and on the space bar. */
  isMain?: boolean;
}

export function Sound({ audio, isMain = false }: Props) {
  const { t } = useTranslation();
  const [failed, setFailed] = useState(false);
  const element = useRef<HTMLAudioElement | null>(null);
  const group = useRef<HTMLDivElement>(null);
  const fetched = useRef(new Map<string, Promise<string>>());
  useEffect(() => {
    const kept = fetched.current;
    return () => {
      element.current?.pause();
      for (const url of kept.values()) url.then(URL.revokeObjectURL).catch(() => undefined);
      kept.clear();
    };
  }, [audio]);
  /** In an author's preview nobody listens. */
  const isLookedAt = () => group.current?.closest("[inert]") != null;
  const play = async (slowly: boolean, isAsked = true) => {
    const url = slowly && audio.slow_url ? audio.slow_url : audio.url;
    // As a whole: a file that was taken along for offline lessons is no answer to a request for a part.
    const ready = fetched.current.get(url) ?? fetch(url).then(async (answer) => (answer.ok ? URL.createObjectURL(await answer.blob()) : Promise.reject(new Error(answer.statusText))));
    fetched.current.set(url, ready);
    try {
      const source = await ready;
      element.current ??= new Audio();
      element.current.src = source;
      element.current.playbackRate = slowly && !audio.slow_url ? SLOWLY : 1;
      setFailed(false);
      await element.current.play();
    } catch (error) {
      fetched.current.delete(url);
      // Browsers play nothing before somebody has touched the page, which is no fault of the file.
      if (isAsked || !(error instanceof DOMException)) setFailed(true);
    }
  };
  const begin = useEffectEvent(() => void play(false, false));
  useEffect(() => {
    if (isMain && !isLookedAt()) begin();
  }, [isMain, audio]);
  useKeys((event, target) => {
    if (!isMain || isLookedAt() || event.key !== " " || (!event.ctrlKey && target.closest(`${FIELDS}, button, a, [role=option]`))) return;
    event.preventDefault();
    void play(event.shiftKey);
  });
  return (
    <div ref={group} className={css.sound} role="group" aria-label={t("player.sound")}>
      <Button className={`${css.play} ${isMain ? css.large : ""}`} aria-label={t("player.play")} aria-keyshortcuts={isMain ? "Space Control+Space" : ""} onPress={() => void play(false)}><Volume2 aria-hidden size={isMain ? 40 : 22} /></Button>
      <Button className={css.play ?? ""} aria-label={t("player.play_slowly")} onPress={() => void play(true)}><Snail aria-hidden size={isMain ? 28 : 22} /></Button>
      {failed && <span role="alert" className={css.soundNote}>{t("player.sound_failed")}</span>}
    </div>
  );
}

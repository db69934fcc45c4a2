// Saying a text aloud. The browser listens, where it can; where it cannot, or may not, the text is typed.

import { Mic, Square } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../../app/ui";
import css from "../player.module.css";
import type { KindProps, PromptOf } from "./kind";
import { Typing } from "./Typing";

interface Recognition extends EventTarget {
  lang: string;
  interimResults: boolean;
  start: () => void;
  stop: () => void;
  abort: () => void;
  onresult: ((event: { results: ArrayLike<ArrayLike<{ transcript: string }>> }) => void) | null;
  onerror: ((event: { error: string }) => void) | null;
  onend: (() => void) | null;
}

type Ears = new () => Recognition;

const ears = (): Ears | undefined => {
  const there = globalThis as { SpeechRecognition?: Ears; webkitSpeechRecognition?: Ears };
  return there.SpeechRecognition ?? there.webkitSpeechRecognition;
};
/** Nothing was understood: that can be mended by speaking again. */
const PASSING = new Set(["no-speech", "aborted"]);

export function Speaking({ prompt, onChange, onSubmit, isLocked }: KindProps<PromptOf<"speak">>) {
  const { t } = useTranslation();
  const [types, setTypes] = useState(() => ears() === undefined);
  const [isListening, setIsListening] = useState(false);
  const [heard, setHeard] = useState("");
  const listening = useRef<Recognition | null>(null);
  useEffect(() => () => listening.current?.abort(), []);
  const listen = () => {
    const Found = ears();
    if (!Found) return setTypes(true);
    const recognition = new Found();
    listening.current = recognition;
    recognition.lang = prompt.language;
    recognition.interimResults = true;
    recognition.onresult = ({ results }) => {
      const text = Array.from(results, (one) => one[0]?.transcript ?? "").join(" ");
      setHeard(text);
      onChange(text.trim() ? text : null);
    };
    recognition.onerror = ({ error }) => !PASSING.has(error) && setTypes(true);
    recognition.onend = () => setIsListening(false);
    setHeard("");
    onChange(null);
    setIsListening(true);
    recognition.start();
  };
  if (types) {
    return (
      <>
        <p className={css.soundNote}>{t("player.no_ears")}</p>
        <Typing onChange={onChange} onSubmit={onSubmit} isLocked={isLocked} language={prompt.language} label={t("player.answer")} />
      </>
    );
  }
  return (
    <>
      <div className={css.footRow}>
        <Button look={heard ? "plain" : "primary"} isDisabled={isLocked} onPress={() => (isListening ? listening.current?.stop() : listen())}>
          {isListening ? <Square aria-hidden size={20} /> : <Mic aria-hidden size={20} />}{t(isListening ? "player.speak_end" : heard ? "player.speak_again" : "player.speak")}
        </Button>
        <Button look="quiet" isDisabled={isLocked} onPress={() => setTypes(true)}>{t("player.cannot_speak")}</Button>
      </div>
      <p className={css.tokens} lang={prompt.language} aria-live="polite">{heard}</p>
    </>
  );
}

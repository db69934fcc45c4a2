// One exercise, from being shown to "Continue". Its answer has one key, however often it is sent.

import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { onceKey, type Schemas } from "../../app/api";
import { useMutation } from "../../app/mutation";
import { Button, Notice } from "../../app/ui";
import { give } from "../offline/giving";
import { Hints } from "./Hints";
import { useEnter } from "./keys";
import { viewOf } from "./kinds";
import { Letters, markLast } from "./Letters";
import { Objection } from "./Objection";
import css from "./player.module.css";
import type { Exercise, Session, Told } from "./queue";
import { Sound } from "./Sound";
import { Verdict } from "./Verdict";

interface Props {
  session: Session;
  exercise: Exercise;
  isRepeat: boolean;
  course: Schemas["CourseTreeOut"] | undefined;
  hearts: number;
  onFailed: (error: unknown) => void;
  onTold: (told: Told) => void;
  onNext: (told: Told) => void;
  onSkip: () => void;
}

export function Turn({ session, exercise, isRepeat, course, hearts, onFailed, onTold, onNext, onSkip }: Props) {
  const { t } = useTranslation();
  const [answer, setAnswer] = useState<unknown>(null);
  const [told, setTold] = useState<Told | null>(null);
  const key = useRef(onceKey());
  const shown = useRef(performance.now());
  const main = useRef<HTMLElement>(null);
  const view = viewOf(exercise.kind);
  const language = answerLanguage(exercise);
  const submit = useMutation({
    mutationFn: (given: unknown) => give({ session, exercise, answer: given, elapsedMs: Math.round(performance.now() - shown.current), key: key.current, hearts }),
    onSuccess: (found) => {
      onTold(found);
      // Whoever judged themselves knows already.
      if (view?.isSelfGraded && !found.explanation) onNext(found);
      else setTold(found);
    },
    onError: onFailed,
  });
  const answered = (given: unknown) => {
    if (given !== null && !told && !submit.isPending) submit.mutate(given);
  };
  const go = () => (told ? onNext(told) : answered(answer));
  useEffect(() => {
    // A field of the exercise may have taken the focus already.
    if (!main.current?.contains(document.activeElement)) main.current?.focus();
    scrollTo({ top: 0 });
  }, []);
  useEnter(go);
  const isWhole = answer !== null && Boolean(view?.isWhole);
  const letters = view?.isTyped && !told && isOf(language, course?.target_language) ? (course?.special_characters ?? []) : [];
  const tone = told && (told.correct === null ? "neutral" : told.correct ? "good" : "bad");
  return (
    <>
      <main ref={main} className={css.body} tabIndex={-1} onFocus={(event) => markLast(event.currentTarget, event.target)}>
        <h1 className={css.task}>{isRepeat ? `${t("player.once_more")}: ${t(view?.task ?? "player.task.unknown")}` : t(view?.task ?? "player.task.unknown")}</h1>
        {exercise.image && <img className={css.image} src={exercise.image.url} alt={exercise.image.alt} />}
        {exercise.audio && <Sound audio={exercise.audio} isMain />}
        {view ? (
          <view.View prompt={exercise.prompt} onChange={setAnswer} onSubmit={go} onAnswer={answered} isLocked={told !== null || submit.isPending} />
        ) : (
          <Notice tone="warn">{t("player.too_old")}</Notice>
        )}
        {letters.length > 0 && <Letters letters={letters} within={main} />}
        <Hints hints={exercise.hints} isOver={told !== null} />
      </main>
      <footer className={css.foot} data-tone={tone ?? undefined}>
        {told && <Verdict told={told} exercise={exercise} language={language} spoken={course?.source_language ?? ""} />}
        <div className={css.footRow}>
          {told && !told.later && <Objection session={session} exercise={exercise} wasWrong={!told.correct} />}
          {view ? (
            (told || !view.isSelfGraded) && (
              <Button look="primary" isDisabled={told ? false : answer === null || submit.isPending} autoFocus={told !== null || isWhole} key={told ? "next" : isWhole ? "ready" : "check"} onPress={go}>
                {t(told ? "player.next" : "player.check")}
              </Button>
            )
          ) : (
            <Button look="primary" onPress={onSkip}>{t("player.skip")}</Button>
          )}
        </div>
      </footer>
    </>
  );
}

function answerLanguage(exercise: Exercise): string {
  const prompt = exercise.prompt as { answer_language?: string; option_language?: string; right_language?: string; language?: string };
  return prompt.answer_language ?? prompt.option_language ?? prompt.language ?? "";
}

const isOf = (language: string, target: string | undefined) => language.split("-")[0] === target?.split("-")[0];

// What learners will see of an exercise that is being written, made by the server out of what stands there.

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "../../app/api";
import { useMutation } from "../../app/mutation";
import { Button, Notice, Row } from "../../app/ui";
import { useComplaint } from "../../app/ui/toasts";
import { Hints } from "../../learner/player/Hints";
import { viewOf } from "../../learner/player/kinds";
import player from "../../learner/player/player.module.css";
import type { Exercise, Grade } from "../../learner/player/queue";
import { Sound } from "../../learner/player/Sound";
import { Verdict } from "../../learner/player/Verdict";
import css from "../author.module.css";
import type { Draft } from "../draft";
import type { Values } from "../form/schema";
import { pathOf } from "../media/MediaField";

type Tried = Schemas["TriedOut"];
const STILL_MS = 350;

/** Asked for once nothing was written for a moment. */
export function useTried(courseId: string, content: Values) {
  const now = JSON.stringify(content);
  const [still, setStill] = useState(now);
  useEffect(() => {
    const timer = setTimeout(() => setStill(now), STILL_MS);
    return () => clearTimeout(timer);
  }, [now]);
  return useQuery({
    queryKey: ["authoring", "try", courseId, still],
    queryFn: () => tryOut(courseId, JSON.parse(still) as Values),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 10_000,
  });
}

const tryOut = (course_id: string, content: Values, answer: unknown = null) =>
  body(api.POST("/api/v1/authoring/courses/{course_id}/try", { params: { path: { course_id } }, body: { content, answer } }));

interface Props {
  draft: Draft;
  content: Values;
  beside: Values;
  tried: Tried | undefined;
}

export function Preview({ draft, content, beside, tried }: Props) {
  const { t } = useTranslation();
  const [plays, setPlays] = useState("");
  const prompt = tried?.prompt;
  const shown = JSON.stringify([prompt, beside.image, beside.audio]);
  const isPlaying = plays === shown;
  return (
    <section className={css.preview} aria-label={t("author.preview")}>
      <Row between>
        <h2>{t("author.preview")}</h2>
        {prompt && (isPlaying ? <Button small onPress={() => setPlays("")}>{t("author.preview_end")}</Button> : <Button small onPress={() => setPlays(shown)}><Play aria-hidden size={16} />{t("author.preview_try")}</Button>)}
      </Row>
      {prompt ? <Trial key={`${shown} ${isPlaying}`} draft={draft} content={content} beside={beside} prompt={prompt} isPlaying={isPlaying} /> : <p className={css.soft}>{tried ? t("author.preview_none") : t("state.loading")}</p>}
    </section>
  );
}

function Trial({ draft, content, beside, prompt, isPlaying }: { draft: Draft; content: Values; beside: Values; prompt: NonNullable<Tried["prompt"]>; isPlaying: boolean }) {
  const { t } = useTranslation();
  const complain = useComplaint();
  const [answer, setAnswer] = useState<unknown>(null);
  const view = viewOf(prompt.kind);
  const check = useMutation({ mutationFn: (given: unknown) => tryOut(draft.id, content, given), onError: complain });
  const grade = check.data?.grade;
  const go = (given: unknown = answer) => given !== null && !check.isPending && !grade && check.mutate(given);
  const image = beside.image as { media: string; alt?: string } | null | undefined;
  const audio = beside.audio as { media: string; slow?: string | null } | null | undefined;
  const hints = (beside.hints ?? []) as string[];
  const exercise = { id: "", kind: prompt.kind, prompt, hints, answered: false } as unknown as Exercise;
  return (
    <div className={css.stage} inert={!isPlaying}>
      <h3 className={player.task}>{t(view?.task ?? "player.task.unknown")}</h3>
      {image?.media && <img className={player.image} src={pathOf(image.media)} alt={image.alt ?? ""} />}
      {audio?.media && <Sound audio={{ url: pathOf(audio.media), slow_url: audio.slow ? pathOf(audio.slow) : null }} />}
      {view ? <view.View prompt={prompt} onChange={setAnswer} onSubmit={() => go()} onAnswer={go} isLocked={Boolean(grade)} /> : <Notice tone="warn">{t("player.too_old")}</Notice>}
      <Hints hints={hints} isOver={Boolean(grade)} />
      {check.data?.answer_message && <Notice tone="warn">{check.data.answer_message}</Notice>}
      {grade ? (
        <div className={css.verdict} data-tone={grade.correct ? "good" : "bad"}>
          <Verdict told={{ ...grade, answered: 1, total: 1, hearts: 5, explanation: String(beside.explanation ?? "") } as Grade} exercise={exercise} language={String(content.answer_language ?? content.option_language ?? content.language ?? "")} spoken={draft.course.source_language} />
          <Button small onPress={() => { check.reset(); }}>{t("author.preview_again")}</Button>
        </div>
      ) : view && !view.isSelfGraded && <Button look="primary" isDisabled={answer === null || check.isPending} onPress={() => go()}>{t("player.check")}</Button>}
    </div>
  );
}

// The path of the course that is being learned: what is done, what comes next, what has to be looked at again.

import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { BookOpen, Check, Flame, Heart, Target } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button as Plain } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { queries, type Schemas } from "../app/api";
import { useFrame } from "../app/live";
import { useOnline } from "../app/shell/online";
import { Answer, Bar, Button, ButtonLink, Card, css as ui, Empty, Loading, Row } from "../app/ui";
import { useComplaint } from "../app/ui/toasts";
import { beginCourseSession, beginLesson, beginSomewhere, placeOf, useBeginning } from "./beginning";
import { Crowns } from "./Crowns";
import { currentOf, remember, useCourse, useCourseProgress, useMyCourses } from "./current";
import css from "./learn.module.css";
import { OnDevice } from "./OnDevice";
import { ahead, takeAlong } from "./offline/bundle";
import { useWaiting } from "./offline/waiting";
import { spoken } from "./spoken";

/** Lessons for the road are looked at anew after so long. */
const TAKEN_MS = 10 * 60 * 1000;

export function Learn() {
  const { courseId } = useParams();
  return <><OnDevice />{courseId ? <Path courseId={courseId} /> : <Current />}</>;
}

function Current() {
  const { t } = useTranslation();
  const mine = useMyCourses();
  const [parameters] = useSearchParams();
  return (
    <Answer of={mine}>
      {(courses) => {
        const current = currentOf(courses);
        if (current) return <Path courseId={current.course_id} />;
        if (parameters.has("start")) return <Arrival />;
        return <Empty title={t("learn.none")}><ButtonLink look="primary" href="/courses">{t("learn.choose")}</ButtonLink></Empty>;
      }}
    </Answer>
  );
}

/** Whoever pressed "start" on the first screen is in the first exercise at once. */
function Arrival() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const complain = useComplaint();
  const began = useRef(false);
  const [isStuck, setIsStuck] = useState(false);
  useEffect(() => {
    if (began.current) return;
    began.current = true;
    const begin = async () => {
      const session = await beginSomewhere();
      if (!session) return setIsStuck(true);
      await navigate(placeOf(session), { replace: true });
      return queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/progress"] });
    };
    begin().catch((error: unknown) => {
      complain(error);
      setIsStuck(true);
    });
  });
  if (!isStuck) return <Loading lines={5} />;
  return <Empty title={t("learn.none")}><ButtonLink look="primary" href="/courses">{t("learn.choose")}</ButtonLink></Empty>;
}

function Path({ courseId }: { courseId: string }) {
  const course = useCourse(courseId);
  const progress = useCourseProgress(courseId);
  const online = useOnline();
  useEffect(() => remember(courseId), [courseId]);
  const done = progress.data?.lessons_completed ?? 0;
  const isMine = Boolean(progress.data?.enrolled_at);
  useQuery({ queryKey: ["learning", "taken", courseId, done], queryFn: () => takeAlong(courseId), enabled: online && isMine, staleTime: TAKEN_MS, retry: false, refetchOnWindowFocus: false });
  useFrame("lesson.completed", () => void progress.refetch());
  return (
    <Answer of={course} lines={6}>
      {(tree) => <Answer of={progress} lines={6}>{(found) => <Tree tree={tree} done={found} />}</Answer>}
    </Answer>
  );
}

type State = "done" | "kept" | "skipped" | "next" | "open";
/** How far a lesson is that was begun. */
type Half = Schemas["HalfDoneOut"];

function Tree({ tree, done }: { tree: Schemas["CourseTreeOut"]; done: Schemas["CourseLessonsProgressOut"] }) {
  const { t } = useTranslation();
  const begin = useBeginning(beginLesson);
  const states = new Map(done.lessons.map((lesson) => [lesson.lesson_id, lesson]));
  const units = new Map(done.units.map((unit) => [unit.unit_id, unit]));
  const waiting = useWaiting((one) => one.count);
  const here = useQuery({ queryKey: ["learning", "ahead", tree.id, waiting], queryFn: () => ahead(tree.id), placeholderData: keepPreviousData, staleTime: 0 }).data;
  const halfOf = (lessonId: string): Half | null => here?.get(lessonId) ?? states.get(lessonId)?.half_done ?? null;
  const isKept = (lessonId: string) => Boolean(here?.get(lessonId)?.isDone);
  const open = done.lessons.filter((lesson) => lesson.completions === 0 && !lesson.skipped && !isKept(lesson.lesson_id));
  const next = open.find((lesson) => halfOf(lesson.lesson_id)) ?? open[0];
  const stateOf = (lessonId: string): State => {
    const state = states.get(lessonId);
    return isKept(lessonId) ? "kept" : state?.completions ? "done" : state?.skipped ? "skipped" : lessonId === next?.lesson_id ? "next" : "open";
  };
  return (
    <>
      <Strip />
      <div className={css.title}>
        <h1 {...spoken(tree.source_language)}>{tree.title}</h1>
        <Link to="/courses">{t("learn.other")}</Link>
      </div>
      <Now courseId={tree.id} next={next} half={next ? halfOf(next.lesson_id) : null} language={tree.source_language} isPending={begin.isPending} onBegin={(id) => begin.mutate(id)} />
      {tree.sections.map((section) => (
        <section key={section.id} className={css.section} aria-labelledby={section.id}>
          {tree.sections.length > 1 && <h2 id={section.id} {...spoken(tree.source_language)}>{section.title}</h2>}
          {tree.sections.length === 1 && <h2 id={section.id} className="visually-hidden">{section.title}</h2>}
          {section.units.map((unit) => {
            const skill = units.get(unit.id);
            return (
              <section key={unit.id} className={`${ui.card} ${css.unit}`} aria-labelledby={unit.id}>
                <div className={css.unitHead}>
                  <h3 id={unit.id} {...spoken(tree.source_language)}>{unit.title}</h3>
                  {skill && (
                    <>
                      <p className={css.lessonNote}>
                        {t("learn.unit_progress", { done: skill.lessons_completed, total: skill.lessons_total })}
                        {skill.level > 0 && <> · <Crowns level={skill.level} /></>}
                      </p>
                      <Bar share={skill.lessons_total ? skill.lessons_completed / skill.lessons_total : 0} label={t("learn.unit_progress", { done: skill.lessons_completed, total: skill.lessons_total })} />
                    </>
                  )}
                </div>
                <ol className={css.path}>
                  {unit.lessons.map((lesson, place) => (
                    <li key={lesson.id}>
                      <Step lesson={lesson} is={stateOf(lesson.id)} half={halfOf(lesson.id)} place={place} courseId={tree.id} language={tree.source_language} isPending={begin.isPending} onBegin={() => begin.mutate(lesson.id)} />
                    </li>
                  ))}
                </ol>
              </section>
            );
          })}
        </section>
      ))}
    </>
  );
}

interface StepProps {
  lesson: { id: string; title: string; exercises: number };
  is: State;
  half: Half | null;
  /** In its unit, from 0. */
  place: number;
  courseId: string;
  language: string;
  isPending: boolean;
  onBegin: () => void;
}

function Step({ lesson, is, half, place, courseId, language, isPending, onBegin }: StepProps) {
  const { t } = useTranslation();
  const isDone = is === "done" || is === "kept";
  const isHalf = half !== null && is !== "kept";
  const inside = (
    <>
      <span className={css.dot} data-state={is}>{isDone ? <Check aria-hidden size={20} /> : lesson.exercises ? place + 1 : <BookOpen aria-hidden size={18} />}</span>
      <span>
        <span className={css.lessonTitle} {...spoken(language)}>{lesson.title}</span>
        <br />
        <span className={css.lessonNote}>{isHalf ? t("learn.half_done", half) : lesson.exercises || isDone ? t(`learn.state_${is}`, { count: lesson.exercises }) : t("learn.to_read")}</span>
        {isHalf && <span className={css.half} aria-hidden><span style={{ inlineSize: `${(100 * half.answered) / half.total}%` }} /></span>}
      </span>
    </>
  );
  if (!lesson.exercises) return <Link className={css.lesson} data-next={is === "next"} to={`/learn/${courseId}/reading/${lesson.id}`}>{inside}</Link>;
  return <Plain className={css.lesson ?? ""} data-next={is === "next"} isDisabled={isPending} onPress={onBegin}>{inside}</Plain>;
}

interface NowProps {
  courseId: string;
  next: Schemas["LessonProgressOut"] | undefined;
  half: Half | null;
  language: string;
  isPending: boolean;
  onBegin: (lessonId: string) => void;
}

/** What to do now: the next lesson, and what is due. */
function Now({ courseId, next, half, language, isPending, onBegin }: NowProps) {
  const { t } = useTranslation();
  const due = queries.useQuery("get", "/api/v1/courses/{course_id}/due", { params: { path: { course_id: courseId } } });
  const review = useBeginning(() => beginCourseSession(courseId, { kind: "review" }));
  const count = due.data?.due ?? 0;
  if (!next && !count) return <Card className={css.now ?? ""}><p>{t("learn.all_done")}</p><ButtonLink look="primary" href="/practice">{t("practice.title")}</ButtonLink></Card>;
  return (
    <Card className={css.now ?? ""}>
      {next && (
        <div className={css.grow}>
          <p className={css.lessonNote}>{t(half ? "learn.under_way" : "learn.next")}</p>
          <p className={css.nowTitle} {...spoken(language)}>{next.title}</p>
          {half && <Bar share={half.answered / half.total} label={t("learn.half_done", half)} />}
        </div>
      )}
      <Row>
        {next && (next.read_only ? <ButtonLink look="primary" href={`/learn/${courseId}/reading/${next.lesson_id}`}>{t("learn.start")}</ButtonLink> : <Button look="primary" isDisabled={isPending} onPress={() => onBegin(next.lesson_id)}>{t(half ? "learn.go_on" : "learn.start")}</Button>)}
        {count > 0 && <Button look={next ? "plain" : "primary"} isDisabled={review.isPending} onPress={() => review.mutate(undefined)}>{t("learn.due", { count })}</Button>}
      </Row>
    </Card>
  );
}

/** Streak, hearts and today's goal, as they are now. */
export function Strip() {
  const { t } = useTranslation();
  const streak = queries.useQuery("get", "/api/v1/streak");
  const hearts = queries.useQuery("get", "/api/v1/hearts");
  const goals = queries.useQuery("get", "/api/v1/goals");
  useFrame("hearts.changed", () => void hearts.refetch());
  useFrame("lesson.completed", () => {
    void streak.refetch();
    void goals.refetch();
  });
  const today = goals.data?.days.find((day) => day.on === goals.data?.today)?.xp ?? 0;
  return (
    <div className={css.facts}>
      {streak.data && <Link className={css.fact} to="/streak" aria-label={t("learn.streak", { count: streak.data.current })}><Flame aria-hidden size={22} color="var(--gold)" />{streak.data.current}</Link>}
      {hearts.data && !hearts.data.unlimited && <span className={css.fact} role="img" aria-label={t("learn.hearts", { count: hearts.data.hearts })}><Heart aria-hidden size={22} color="var(--bad)" />{hearts.data.hearts}</span>}
      {goals.data && <span className={css.fact} role="img" aria-label={t("learn.goal", { xp: today, goal: goals.data.goal_xp })}><Target aria-hidden size={22} color="var(--brand)" />{today}/{goals.data.goal_xp}</span>}
    </div>
  );
}

// The path of the course that is being learned: what is done, what comes next, what has to be looked at again.

import { useQueryClient } from "@tanstack/react-query";
import { Check, Flame, Heart, Target } from "lucide-react";
import { useEffect, useRef } from "react";
import { Button as Plain } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { api, body, queries, type Schemas } from "../app/api";
import { useFrame } from "../app/live";
import { Answer, Bar, Button, ButtonLink, Card, css as ui, Empty } from "../app/ui";
import { useComplaint } from "../app/ui/toasts";
import { beginCourseSession, beginLesson, enrol, useBeginning } from "./beginning";
import { currentOf, remember, useCourse, useCourseProgress, useMyCourses } from "./current";
import css from "./learn.module.css";

export function Learn() {
  const { t } = useTranslation();
  const { courseId } = useParams();
  const mine = useMyCourses();
  if (courseId) return <Path courseId={courseId} />;
  return (
    <Answer of={mine}>
      {(courses) => {
        const current = currentOf(courses);
        if (current) return <Path courseId={current.course_id} />;
        return (
          <>
            <Arrival />
            <Empty title={t("learn.none")}><ButtonLink look="primary" href="/courses">{t("learn.choose")}</ButtonLink></Empty>
          </>
        );
      }}
    </Answer>
  );
}

/** Whoever pressed "start" on the first screen is in the first exercise at once. */
function Arrival() {
  const [parameters] = useSearchParams();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const complain = useComplaint();
  const began = useRef(false);
  const wanted = parameters.has("start");
  useEffect(() => {
    if (!wanted || began.current) return;
    began.current = true;
    const begin = async () => {
      const [course] = (await body(api.GET("/api/v1/courses", { params: { query: { limit: 1 } } }))).items;
      if (!course) return;
      await enrol(course.id);
      const lessons = await body(api.GET("/api/v1/courses/{course_id}/lessons", { params: { path: { course_id: course.id } } }));
      const first = lessons.items[0];
      if (!first) return;
      const session = await beginLesson(first.id);
      void queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/progress"] });
      void navigate(`/lesson/${session.id}`, { replace: true, state: { session } });
    };
    begin().catch(complain);
  });
  return null;
}

function Path({ courseId }: { courseId: string }) {
  const course = useCourse(courseId);
  const progress = useCourseProgress(courseId);
  useEffect(() => remember(courseId), [courseId]);
  useFrame("lesson.completed", () => void progress.refetch());
  return (
    <Answer of={course} lines={6}>
      {(tree) => <Answer of={progress} lines={6}>{(done) => <Tree tree={tree} done={done} />}</Answer>}
    </Answer>
  );
}

function Tree({ tree, done }: { tree: Schemas["CourseTreeOut"]; done: Schemas["CourseLessonsProgressOut"] }) {
  const { t } = useTranslation();
  const begin = useBeginning(beginLesson);
  const states = new Map(done.lessons.map((lesson) => [lesson.lesson_id, lesson]));
  const units = new Map(done.units.map((unit) => [unit.unit_id, unit]));
  const next = done.lessons.find((lesson) => lesson.completions === 0 && !lesson.skipped);
  return (
    <>
      <Strip />
      <div className={css.strip}>
        <h1 lang={tree.source_language}>{tree.title}</h1>
        <Link to="/courses">{t("learn.other")}</Link>
      </div>
      <Due courseId={tree.id} />
      {tree.sections.map((section) => (
        <section key={section.id} className={css.section} aria-labelledby={section.id}>
          <h2 id={section.id} lang={tree.source_language}>{section.title}</h2>
          {section.units.map((unit) => {
            const skill = units.get(unit.id);
            return (
              <section key={unit.id} className={`${ui.card} ${css.unit}`} aria-labelledby={unit.id}>
                <div className={css.unitHead}>
                  <h3 id={unit.id} lang={tree.source_language}>{unit.title}</h3>
                  {skill && <Bar share={skill.lessons_total ? skill.lessons_completed / skill.lessons_total : 0} label={t("learn.unit_progress", { done: skill.lessons_completed, total: skill.lessons_total })} />}
                </div>
                <ol className={css.path}>
                  {unit.lessons.map((lesson, place) => {
                    const state = states.get(lesson.id);
                    const is = state?.completions ? "done" : state?.skipped ? "skipped" : lesson.id === next?.lesson_id ? "next" : "open";
                    return (
                      <li key={lesson.id}>
                        <Plain className={css.lesson ?? ""} data-next={is === "next"} isDisabled={begin.isPending} onPress={() => begin.mutate(lesson.id)}>
                          <span className={css.dot} data-state={is}>{is === "done" ? <Check aria-hidden size={20} /> : place + 1}</span>
                          <span>
                            <span className={css.lessonTitle} lang={tree.source_language}>{lesson.title}</span>
                            <br />
                            <span className={css.lessonNote}>{t(`learn.state_${is}`, { count: lesson.exercises })}</span>
                          </span>
                          {is === "next" && <span className={ui.chip} data-tone="good">{t("learn.start")}</span>}
                        </Plain>
                      </li>
                    );
                  })}
                </ol>
              </section>
            );
          })}
        </section>
      ))}
    </>
  );
}

function Due({ courseId }: { courseId: string }) {
  const { t } = useTranslation();
  const due = queries.useQuery("get", "/api/v1/courses/{course_id}/due", { params: { path: { course_id: courseId } } });
  const review = useBeginning(() => beginCourseSession(courseId, { kind: "review" }));
  const count = due.data?.due ?? 0;
  if (!count) return null;
  return (
    <Card className={css.unit ?? ""}>
      <div className={css.unitHead}>
        <h3>{t("learn.due", { count })}</h3>
        <Button look="primary" isDisabled={review.isPending} onPress={() => review.mutate(undefined)}>{t("learn.review")}</Button>
      </div>
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
  const today = goals.data?.days.at(-1);
  return (
    <div className={css.strip}>
      <div className={css.facts}>
        {streak.data && <Link className={css.fact} to="/streak" aria-label={t("learn.streak", { count: streak.data.current })}><Flame aria-hidden size={22} color="var(--gold)" />{streak.data.current}</Link>}
        {hearts.data && !hearts.data.unlimited && <span className={css.fact} role="img" aria-label={t("learn.hearts", { count: hearts.data.hearts })}><Heart aria-hidden size={22} color="var(--bad)" />{hearts.data.hearts}</span>}
        {goals.data && today && <span className={css.fact} role="img" aria-label={t("learn.goal", { xp: today.xp, goal: goals.data.goal_xp })}><Target aria-hidden size={22} color="var(--brand)" />{today.xp}/{goals.data.goal_xp}</span>}
      </div>
    </div>
  );
}

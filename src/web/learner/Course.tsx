// One course before it is begun: what it teaches, what it costs where it is sold, and how to begin.

import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { queries, Refusal, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useMutation } from "../app/mutation";
import { Answer, Bar, Button, ButtonLink, Card, Chip, css as ui, Row, Stack } from "../app/ui";
import { say, useComplaint } from "../app/ui/toasts";
import { enrol } from "./beginning";
import { languages } from "./CourseLine";
import { useCourse, useMyCourses } from "./current";
import css from "./learn.module.css";
import { spoken } from "./spoken";

/** What a plan gives that holds for every course. */
const ALL_COURSES = "courses:*";

export function Course() {
  const { courseId = "" } = useParams();
  const course = useCourse(courseId);
  return <Answer of={course}>{(tree) => <About tree={tree} />}</Answer>;
}

function About({ tree }: { tree: Schemas["CourseTreeOut"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const lessons = tree.sections.flatMap((section) => section.units.flatMap((unit) => unit.lessons));
  const exercises = lessons.reduce((sum, lesson) => sum + lesson.exercises, 0);
  return (
    <Stack>
      {tree.image && <img className={css.cover} src={tree.image.url} alt={tree.image.alt} />}
      <h1 {...spoken(tree.source_language)}>{tree.title}</h1>
      <p>{languages(tree, format, t)} · {t("courses.size", { lessons: lessons.length, exercises })}</p>
      {(tree.level || tree.topics.length > 0) && <p className={css.chips}>{tree.level && <Chip>{tree.level}</Chip>}{tree.topics.map((topic) => <Chip key={topic}>{topic}</Chip>)}</p>}
      {tree.description && <p {...spoken(tree.source_language)}>{tree.description}</p>}
      <Beginning courseId={tree.id} />
      {tree.sections.map((section) => (
        <Card key={section.id}>
          <h2 {...spoken(tree.source_language)}>{section.title}</h2>
          <ol className={ui.stack}>
            {section.units.map((unit) => (
              <li key={unit.id} {...spoken(tree.source_language)}>
                <h3>{unit.title}</h3>
                <p className={css.lessonNote}>{unit.lessons.map((lesson) => lesson.title).join(" · ")}</p>
              </li>
            ))}
          </ol>
        </Card>
      ))}
      {tree.licence && <p className={ui.hint}>{t("courses.licence", { name: tree.licence.name })}</p>}
    </Stack>
  );
}

function Beginning({ courseId }: { courseId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const client = useQueryClient();
  const complain = useComplaint();
  const mine = useMyCourses().data?.find((course) => course.course_id === courseId);
  const products = queries.useQuery("get", "/api/v1/products", { params: { query: { key: `course:${courseId}` } } });
  const owned = queries.useQuery("get", "/api/v1/entitlements");
  const buy = () => void navigate(`/payments/courses/${courseId}`);
  const begin = useMutation({
    mutationFn: () => enrol(courseId),
    onSuccess: async (missing) => {
      if (missing.length) say(t("courses.missing", { titles: missing.join(", ") }));
      await client.invalidateQueries({ queryKey: ["get", "/api/v1/progress"] });
      void navigate(`/learn/${courseId}`);
    },
    onError: (error) => (error instanceof Refusal && error.status === 402 ? buy() : complain(error)),
  });
  if (mine) {
    return (
      <Card className={css.now ?? ""}>
        <div className={css.grow}><p>{t("learn.unit_progress", { done: mine.lessons_completed, total: mine.lessons_total })}</p><Bar share={mine.lessons_total ? mine.lessons_completed / mine.lessons_total : 0} label={t("learn.unit_progress", { done: mine.lessons_completed, total: mine.lessons_total })} /></div>
        <ButtonLink look="primary" href={`/learn/${courseId}`}>{t("courses.go_on")}</ButtonLink>
      </Card>
    );
  }
  const prices = products.data?.items.flatMap((product) => product.prices) ?? [];
  const least = prices.reduce<(typeof prices)[number] | undefined>((cheapest, price) => (!cheapest || price.amount_minor < cheapest.amount_minor ? price : cheapest), undefined);
  const isLocked = least !== undefined && owned.data !== undefined && !owned.data.some(({ key }) => key === `course:${courseId}` || key === ALL_COURSES);
  return (
    <Row>
      {isLocked ? (
        <>
          <Button look="primary" onPress={buy}>{t("courses.buy")}</Button>
          <span>{t(prices.length > 1 ? "courses.price_from" : "courses.price", { price: format.money(least.amount_minor, least.currency) })}</span>
        </>
      ) : (
        <Button look="primary" isDisabled={begin.isPending || products.isPending || owned.isPending} onPress={() => begin.mutate()}>{t("courses.begin")}</Button>
      )}
    </Row>
  );
}

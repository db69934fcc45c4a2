// All courses that there are, and those that are mine.

import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useInfiniteQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { Answer, Bar, Button, css as ui, Empty } from "../app/ui";
import { useMyCourses } from "./current";
import css from "./learn.module.css";

export function Courses() {
  const { t } = useTranslation();
  const mine = useMyCourses();
  const all = useInfiniteQuery({
    queryKey: ["get", "/api/v1/courses", "all"],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/courses", { params: { query: { limit: 24, ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  const progress = new Map(mine.data?.map((course) => [course.course_id, course]));
  return (
    <>
      <h1>{t("courses.title")}</h1>
      <Answer of={all}>
        {({ pages }) => {
          const courses = pages.flatMap((page) => page.items);
          if (!courses.length) return <Empty title={t("courses.none")} />;
          return (
            <>
              <ul className={css.grid}>
                {courses.map((course) => <li key={course.id}><Line course={course} done={progress.get(course.id)} /></li>)}
              </ul>
              {all.hasNextPage && <Button isDisabled={all.isFetching} onPress={() => void all.fetchNextPage()}>{t("courses.more")}</Button>}
            </>
          );
        }}
      </Answer>
    </>
  );
}

function Line({ course, done }: { course: Schemas["CourseOut"]; done: Schemas["CourseProgressOut"] | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Link className={`${ui.card} ${css.course}`} to={done ? `/learn/${course.id}` : `/courses/${course.id}`}>
      <h2 lang={course.source_language}>{course.title}</h2>
      <p className={css.lessonNote}>{t("courses.pair", { target: format.language(course.target_language), source: format.language(course.source_language) })}</p>
      <p className={css.lessonNote}>{t("courses.size", { lessons: course.lessons, exercises: course.exercises })}</p>
      {done && <Bar share={done.lessons_total ? done.lessons_completed / done.lessons_total : 0} label={t("learn.unit_progress", { done: done.lessons_completed, total: done.lessons_total })} />}
    </Link>
  );
}

// Words and phrases that I have learned, and how likely I would know each now.

import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "../../app/api";
import { useFormat } from "../../app/format";
import { direction } from "../../app/i18n";
import { Answer, Bar, Button, ButtonLink, Chip, Empty } from "../../app/ui";
import css from "../learn.module.css";
import { OfCourse } from "./Practice";

export function Words() {
  const { t } = useTranslation();
  return <OfCourse title={t("words.title")}>{(course) => <List courseId={course.course_id} />}</OfCourse>;
}

function List({ courseId }: { courseId: string }) {
  const { t } = useTranslation();
  const words = useInfiniteQuery({
    queryKey: ["get", "/api/v1/progress/courses/{course_id}/words", courseId],
    queryFn: ({ pageParam }) =>
      body(api.GET("/api/v1/progress/courses/{course_id}/words", { params: { path: { course_id: courseId }, query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  return (
    <Answer of={words} lines={6}>
      {({ pages }) => {
        const found = pages.flatMap((page) => page.items);
        if (!found.length) return <Empty title={t("words.none")}><p>{t("words.none_detail")}</p><ButtonLink look="primary" href={`/learn/${courseId}`}>{t("words.learn")}</ButtonLink></Empty>;
        return (
          <>
            <ul className={css.rows}>{found.map((word) => <Word key={word.item_id} word={word} />)}</ul>
            {words.hasNextPage && <Button isDisabled={words.isFetching} onPress={() => void words.fetchNextPage()}>{t("courses.more")}</Button>}
          </>
        );
      }}
    </Answer>
  );
}

export function Word({ word }: { word: Schemas["WordOut"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const isDue = new Date(word.due) <= new Date();
  return (
    <li className={css.word}>
      <span>
        <strong lang={word.language} dir={direction(word.language)}>{word.text}</strong>
        <span className={css.lessonNote} lang={word.meaning_language} dir={direction(word.meaning_language)}>{word.meanings.join(", ")}</span>
      </span>
      <span className={css.recall}>
        <Bar share={word.recall} label={t("words.recall", { share: format.percent(word.recall) })} />
        <span className={css.lessonNote}>{isDue ? <Chip tone="warn">{t("words.due")}</Chip> : t("words.again", { when: format.relative(word.due) })}</span>
      </span>
    </li>
  );
}

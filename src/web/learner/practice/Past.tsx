// My sessions, the newest first.

import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, body, type Schemas } from "../../app/api";
import { useFormat } from "../../app/format";
import { Answer, Button, ButtonLink, Chip, Empty } from "../../app/ui";
import css from "../learn.module.css";

type Line = Schemas["SessionLineOut"];

export function Past() {
  const { t } = useTranslation();
  const lines = useInfiniteQuery({
    queryKey: ["get", "/api/v1/progress/sessions"],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/progress/sessions", { params: { query: { limit: 30, ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  return (
    <>
      <h1>{t("history.title")}</h1>
      <Answer of={lines} lines={6}>
        {({ pages }) => {
          const found = pages.flatMap((page) => page.items);
          if (!found.length) return <Empty title={t("history.none")}><ButtonLink look="primary" href="/learn">{t("words.learn")}</ButtonLink></Empty>;
          return (
            <>
              <ul className={css.rows}>{found.map((line) => <PastSession key={line.id} line={line} />)}</ul>
              {lines.hasNextPage && <Button isDisabled={lines.isFetching} onPress={() => void lines.fetchNextPage()}>{t("courses.more")}</Button>}
            </>
          );
        }}
      </Answer>
    </>
  );
}

function PastSession({ line }: { line: Line }) {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const isOpen = !line.completed_at && !line.abandoned_at;
  return (
    <li className={css.word}>
      <span>
        <strong>{line.title ?? t(`practice.${line.kind}`)}</strong>
        <span className={css.lessonNote}>{line.title && line.kind !== "lesson" ? `${t(`practice.${line.kind}`)} · ` : ""}{format.time(line.begun_at)}</span>
      </span>
      <span className={css.pastEnd}>
        <span className={css.lessonNote}>{t("history.right", { correct: line.correct, total: isOpen ? line.answered : line.total })}</span>
        {line.abandoned_at && <Chip>{t("history.abandoned")}</Chip>}
        {isOpen && <Button small onPress={() => void navigate(`/lesson/${line.id}`)} aria-label={`${t("history.resume")}: ${line.title ?? t(`practice.${line.kind}`)}`}>{t("history.resume")}</Button>}
      </span>
    </li>
  );
}

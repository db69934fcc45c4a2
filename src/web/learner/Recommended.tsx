// Courses that may be the next for whoever looks, each with the strongest reason.

import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { queries, type Schemas } from "../app/api";
import { type Format, useFormat } from "../app/format";
import { CourseLine } from "./CourseLine";
import css from "./learn.module.css";

const SHOWN = 3;

/** Nothing where there is none, or no answer: all courses stand below. */
export function Recommended() {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = queries.useQuery("get", "/api/v1/courses/recommended", { params: { query: { limit: SHOWN } } });
  if (!data?.items.length) return null;
  return (
    <section aria-labelledby="recommended">
      <h2 id="recommended" className={css.head}>{t("courses.recommended")}</h2>
      <ul className={css.grid}>
        {data.items.map(({ course, reasons }) => <li key={course.id}><CourseLine course={course} why={reasons[0] && because(reasons[0], course, format, t)} /></li>)}
      </ul>
    </section>
  );
}

function because(reason: Schemas["ReasonOut"], course: Schemas["CourseOut"], format: Format, t: TFunction): string {
  const { kind, learners, of, days } = reason;
  return t(`courses.because.${kind}`, { count: learners ?? 0, of, days, language: format.language(course.source_language), level: course.level });
}

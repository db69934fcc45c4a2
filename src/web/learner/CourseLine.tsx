// One course among others.

import { Sparkles } from "lucide-react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schemas } from "../app/api";
import { type Format, useFormat } from "../app/format";
import { Bar, Chip, css as ui } from "../app/ui";
import type { CourseProgress } from "./current";
import css from "./learn.module.css";
import { spoken } from "./spoken";

interface Props {
  course: Schemas["CourseOut"];
  /** Where it is one of mine. */
  done?: CourseProgress | undefined;
  /** Where it is recommended. */
  why?: string | undefined;
}

export function CourseLine({ course, done, why }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Link className={`${ui.card} ${css.course}`} to={done ? `/learn/${course.id}` : `/courses/${course.id}`}>
      {course.image && <img className={css.cover} src={course.image.url} alt={course.image.alt} loading="lazy" />}
      <h2 {...spoken(course.source_language)}>{course.title}</h2>
      {why && <p className={css.why}><Sparkles aria-hidden size={16} />{why}</p>}
      <p className={css.lessonNote}>{languages(course, format, t)}</p>
      <p className={css.lessonNote}>{t("courses.size", { lessons: course.lessons, exercises: course.exercises })}</p>
      {(course.level || course.topics.length > 0) && <p className={css.chips}>{course.level && <Chip>{course.level}</Chip>}{course.topics.slice(0, 3).map((topic) => <Chip key={topic}>{topic}</Chip>)}</p>}
      {done && <Bar share={done.lessons_total ? done.lessons_completed / done.lessons_total : 0} label={t("learn.unit_progress", { done: done.lessons_completed, total: done.lessons_total })} />}
    </Link>
  );
}

/** A course need not be about a language. */
export function languages(course: { target_language: string; source_language: string }, format: Format, t: TFunction): string {
  const source = format.language(course.source_language);
  if (!course.target_language || course.target_language === course.source_language) return t("courses.in", { source });
  return t("courses.pair", { target: format.language(course.target_language), source });
}

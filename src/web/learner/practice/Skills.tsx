// How much of a course I know now: as a whole, unit by unit, and by the skills that its author names. What has become
// weak comes first, with its words.

import { BookCheck, Brain, Crown } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { queries, type Schemas } from "../../app/api";
import { useFormat } from "../../app/format";
import { Answer, Bar, Button, Card, css as ui, Notice, Row, Stack } from "../../app/ui";
import { beginCourseSession, useBeginning } from "../beginning";
import { Crowns } from "../Crowns";
import { useCourseProgress } from "../current";
import css from "../learn.module.css";
import { OfCourse } from "./Practice";
import { Word } from "./Words";

type Known = Pick<Schemas["SkillOut"], "title" | "mastery" | "items" | "learned" | "weak">;

export function Skills() {
  const { t } = useTranslation();
  return <OfCourse title={t("skills.title")}>{(course) => <Mastery courseId={course.course_id} />}</OfCourse>;
}

function Mastery({ courseId }: { courseId: string }) {
  const progress = useCourseProgress(courseId);
  return (
    <Answer of={progress} lines={6}>
      {(found) => (
        <Stack>
          <Whole of={found} />
          {found.units.some((unit) => unit.met) && <Weak courseId={courseId} />}
          <Listed id="units" of={found.units.map((unit) => ({ ...unit, key: unit.unit_id, after: unit.level > 0 && <Crowns level={unit.level} /> }))} />
          {found.skills.length > 0 && <Listed id="named" of={found.skills} />}
        </Stack>
      )}
    </Answer>
  );
}

function Whole({ of }: { of: Schemas["CourseLessonsProgressOut"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <>
      <ul className={css.figures}>
        <Figure icon={<Brain aria-hidden color="var(--brand)" />} value={format.percent(of.mastery)} name={t("skills.known")} />
        <Figure icon={<BookCheck aria-hidden color="var(--brand)" />} value={t("skills.of", { part: format.number(of.learned), whole: format.number(of.items) })} name={t("skills.learned")} />
        <Figure icon={<Crown aria-hidden color="var(--gold)" />} value={t("skills.of", { part: format.number(of.crowns), whole: format.number(of.crowns_total) })} name={t("skills.crowns")} />
      </ul>
      <p className={ui.hint}>{t("skills.explained")}</p>
    </>
  );
}

function Figure({ icon, value, name }: { icon: ReactNode; value: string; name: string }) {
  return <li className={`${ui.card} ${css.figure}`}>{icon}<b>{value}</b><span className={css.lessonNote}>{name}</span></li>;
}

function Weak({ courseId }: { courseId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const begin = useBeginning((unitId: string) => beginCourseSession(courseId, { kind: "practice", unit_id: unitId }));
  const skills = queries.useQuery("get", "/api/v1/progress/courses/{course_id}/weak-skills", { params: { path: { course_id: courseId }, query: { limit: 20 } } });
  return (
    <section aria-labelledby="weak">
      <h2 id="weak" className={css.head}>{t("skills.weak_title")}</h2>
      <Answer of={skills}>
        {(found) => {
          if (!found.length) return <Notice tone="good">{t("skills.none")}</Notice>;
          return (
            <Stack>
              {found.map((skill) => (
                <Card key={skill.unit_id} className={css.skill ?? ""}>
                  <Row between>
                    <h3>{skill.title}</h3>
                    <Button isDisabled={begin.isPending} onPress={() => begin.mutate(skill.unit_id)} aria-label={`${t("practice.title")}: ${skill.title}`}>{t("practice.title")}</Button>
                  </Row>
                  <p className={css.lessonNote}>{t("skills.weak", { count: skill.weak, met: skill.met })}</p>
                  <Bar share={skill.strength} label={t("skills.strength", { share: format.percent(skill.strength) })} />
                  <ul className={css.rows}>{skill.words.map((word) => <Word key={word.item_id} word={word} />)}</ul>
                </Card>
              ))}
            </Stack>
          );
        }}
      </Answer>
    </section>
  );
}

function Listed({ id, of }: { id: "units" | "named"; of: readonly (Known & { key: string; after?: ReactNode })[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className={css.head}>{t(`skills.${id}`)}</h2>
      <ul className={css.rows}>
        {of.map((skill) => (
          <li key={skill.key} className={css.word}>
            <span>
              <strong>{skill.title} {skill.after}</strong>
              <span className={css.lessonNote}>{t("skills.learned_of", { learned: skill.learned, count: skill.items })}</span>
            </span>
            <span className={css.recall}>
              <Bar share={skill.mastery} label={t("skills.mastery", { title: skill.title, share: format.percent(skill.mastery) })} />
              <span className={css.lessonNote}>{format.percent(skill.mastery)}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

// Looking back: what is weak, what went wrong, what is due.

import { BookMarked, Brain, CircleX, Compass, Repeat } from "lucide-react";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../app/api";
import { Answer, Button, ButtonLink, Card, css as ui, Empty, Row } from "../app/ui";
import { beginCourseSession, useBeginning } from "./beginning";
import { currentOf, useMyCourses } from "./current";
import css from "./learn.module.css";

type Kind = Exclude<Schemas["CourseSessionIn"]["kind"], "test_out">;

const KINDS: readonly [Kind, ComponentType<{ size?: number; "aria-hidden"?: boolean }>][] = [
  ["practice", Brain],
  ["mistakes", CircleX],
  ["review", Repeat],
  ["placement", Compass],
];

export function Practice() {
  const { t } = useTranslation();
  const mine = useMyCourses();
  return (
    <>
      <h1>{t("practice.title")}</h1>
      <Answer of={mine}>
        {(courses) => {
          const course = currentOf(courses);
          if (!course) return <Empty title={t("learn.none")}><ButtonLink look="primary" href="/courses">{t("learn.choose")}</ButtonLink></Empty>;
          return <Choices courseId={course.course_id} title={course.title} />;
        }}
      </Answer>
    </>
  );
}

function Choices({ courseId, title }: { courseId: string; title: string }) {
  const { t } = useTranslation();
  const begin = useBeginning((kind: Kind) => beginCourseSession(courseId, { kind }));
  return (
    <>
      <p className={ui.hint}>{title}</p>
      <ul className={css.grid}>
        {KINDS.map(([kind, Icon]) => (
          <li key={kind}>
            <Card>
              <Row><Icon aria-hidden size={26} /><h2>{t(`practice.${kind}`)}</h2></Row>
              <p>{t(`practice.${kind}_about`)}</p>
              <Button isDisabled={begin.isPending} onPress={() => begin.mutate(kind)} aria-label={`${t("practice.begin")}: ${t(`practice.${kind}`)}`}>{t("practice.begin")}</Button>
            </Card>
          </li>
        ))}
        <li>
          <Card>
            <Row><BookMarked aria-hidden size={26} /><h2>{t("practice.cards")}</h2></Row>
            <p>{t("practice.cards_about")}</p>
            <ButtonLink href={`/review/${courseId}`}>{t("practice.begin")}</ButtonLink>
          </Card>
        </li>
      </ul>
    </>
  );
}

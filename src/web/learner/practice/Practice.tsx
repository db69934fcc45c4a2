// Looking back: what is weak, what went wrong, what is due; and finding out what need not be learned.

import { BookMarked, Brain, ChartNoAxesColumn, CircleX, Compass, History, Layers, Repeat, WalletCards } from "lucide-react";
import type { ComponentType, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { queries, type Schemas } from "../../app/api";
import { Answer, Button, ButtonLink, Card, Chip, css as ui, Empty, Row } from "../../app/ui";
import { beginCourseSession, useBeginning } from "../beginning";
import { currentOf, useCourseProgress, useMyCourses } from "../current";
import css from "../learn.module.css";
import { OnDevice } from "../OnDevice";

type Kind = Schemas["CourseSessionIn"]["kind"];
type Icon = ComponentType<{ size?: number; "aria-hidden"?: boolean }>;

const KINDS: readonly [Exclude<Kind, "test_out">, Icon][] = [
  ["review", Repeat],
  ["mistakes", CircleX],
  ["practice", Brain],
  ["placement", Compass],
];

/** Whatever is about the course that is being learned. */
export function OfCourse({ title, children }: { title: string; children: (course: Schemas["CourseProgressOut"]) => ReactNode }) {
  const { t } = useTranslation();
  const mine = useMyCourses();
  return (
    <>
      <h1>{title}</h1>
      <Answer of={mine}>
        {(courses) => {
          const course = currentOf(courses);
          if (!course) return <Empty title={t("learn.none")}><ButtonLink look="primary" href="/courses">{t("learn.choose")}</ButtonLink></Empty>;
          return <><p className={css.ofCourse}>{course.title}</p>{children(course)}</>;
        }}
      </Answer>
    </>
  );
}

export function Practice() {
  const { t } = useTranslation();
  return (
    <>
      <OnDevice />
      <OfCourse title={t("practice.title")}>{(course) => <Choices courseId={course.course_id} />}</OfCourse>
    </>
  );
}

function Choices({ courseId }: { courseId: string }) {
  const { t } = useTranslation();
  const begin = useBeginning((kind: Kind) => beginCourseSession(courseId, { kind }));
  const due = queries.useQuery("get", "/api/v1/courses/{course_id}/due", { params: { path: { course_id: courseId } } });
  const count = due.data?.due ?? 0;
  return (
    <>
      <ul className={css.grid}>
        <li>
          <Choice icon={BookMarked} title={t("practice.cards")} about={t("practice.cards_about")} note={count > 0 && <Chip tone="warn">{t("practice.due", { count })}</Chip>}>
            <ButtonLink look={count ? "primary" : "plain"} href={`/review/${courseId}`} aria-label={`${t("practice.begin")}: ${t("practice.cards")}`}>{t("practice.begin")}</ButtonLink>
          </Choice>
        </li>
        {KINDS.map(([kind, icon]) => (
          <li key={kind}>
            <Choice icon={icon} title={t(`practice.${kind}`)} about={t(`practice.${kind}_about`)} note={kind === "review" && count > 0 && <Chip tone="warn">{t("practice.due", { count })}</Chip>}>
              <Button isDisabled={begin.isPending} onPress={() => begin.mutate(kind)} aria-label={`${t("practice.begin")}: ${t(`practice.${kind}`)}`}>{t("practice.begin")}</Button>
            </Choice>
          </li>
        ))}
      </ul>
      <h2 className={css.head}>{t("practice.look")}</h2>
      <ul className={css.grid}>
        <Looking to="/practice/words" icon={Layers} name="words" />
        <Looking to="/practice/skills" icon={ChartNoAxesColumn} name="skills" />
        <Looking to="/practice/history" icon={History} name="history" />
        <Looking to="/practice/deck" icon={WalletCards} name="deck" />
      </ul>
      <TestOut courseId={courseId} />
    </>
  );
}

function Choice({ icon: Icon, title, about, note, children }: { icon: Icon; title: string; about: string; note?: ReactNode; children: ReactNode }) {
  return (
    <Card className={css.choice ?? ""}>
      <Row><Icon aria-hidden size={26} /><h2>{title}</h2></Row>
      <p>{about}</p>
      <div className={css.choiceFoot}>{children}{note}</div>
    </Card>
  );
}

function Looking({ to, icon: Icon, name }: { to: string; icon: Icon; name: string }) {
  const { t } = useTranslation();
  return <li><Link className={`${ui.card} ${css.looking}`} to={to}><Icon aria-hidden size={22} /><span><strong>{t(`${name}.title`)}</strong><br /><span className={css.lessonNote}>{t(`${name}.about`)}</span></span></Link></li>;
}

/** Units whose lessons can be passed at once by a test. */
function TestOut({ courseId }: { courseId: string }) {
  const { t } = useTranslation();
  const progress = useCourseProgress(courseId);
  const begin = useBeginning((unitId: string) => beginCourseSession(courseId, { kind: "test_out", unit_id: unitId }));
  const units = progress.data?.units.filter((unit) => unit.lessons_completed < unit.lessons_total) ?? [];
  if (!units.length) return null;
  return (
    <section aria-labelledby="test-out">
      <h2 id="test-out" className={css.head}>{t("practice.test_out")}</h2>
      <p className={ui.hint}>{t("practice.test_out_about")}</p>
      <ul className={css.rows}>
        {units.map((unit) => (
          <li key={unit.unit_id} className={css.rowLine}>
            <span>{unit.title}</span>
            <Button small isDisabled={begin.isPending} onPress={() => begin.mutate(unit.unit_id)} aria-label={`${t("practice.test")}: ${unit.title}`}>{t("practice.test")}</Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

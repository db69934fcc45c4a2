// Skills of which I have forgotten something, the weakest first.

import { useTranslation } from "react-i18next";
import { queries } from "../../app/api";
import { useFormat } from "../../app/format";
import { Answer, Bar, Button, ButtonLink, Card, Empty, Row, Stack } from "../../app/ui";
import { beginCourseSession, useBeginning } from "../beginning";
import css from "../learn.module.css";
import { OfCourse } from "./Practice";
import { Word } from "./Words";

export function Skills() {
  const { t } = useTranslation();
  return <OfCourse title={t("skills.title")}>{(course) => <List courseId={course.course_id} />}</OfCourse>;
}

function List({ courseId }: { courseId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const begin = useBeginning((unitId: string) => beginCourseSession(courseId, { kind: "practice", unit_id: unitId }));
  const skills = queries.useQuery("get", "/api/v1/progress/courses/{course_id}/weak-skills", { params: { path: { course_id: courseId }, query: { limit: 20 } } });
  return (
    <Answer of={skills}>
      {(found) => {
        if (!found.length) return <Empty title={t("skills.none")}><p>{t("skills.none_detail")}</p><ButtonLink look="primary" href={`/learn/${courseId}`}>{t("words.learn")}</ButtonLink></Empty>;
        return (
          <Stack>
            {found.map((skill) => (
              <Card key={skill.unit_id} className={css.skill ?? ""}>
                <Row between>
                  <h2>{skill.title}</h2>
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
  );
}

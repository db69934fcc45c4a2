import { useTranslation } from "react-i18next";
import { queries, type Schemas } from "../../app/api";
import { useFormat } from "../../app/format";
import { Answer, Bar, Chip, Empty, Notice, Row, Stack } from "../../app/ui";
import css from "../game.module.css";
import { useLiveClass } from "./live";

/** Everybody of the class and how far they are, as they answer. */
export function LiveView({ classroom }: { classroom: Schemas["ClassroomOut"] }) {
  const { t } = useTranslation();
  const { progress, online, lost } = useLiveClass(classroom.id);
  return (
    <Stack>
      {lost && <Notice tone="warn">{t("game.classes.not_live")}</Notice>}
      <Answer of={progress} lines={5}>
        {({ learners }) => learners.length === 0 ? (
          <Empty title={t("game.classes.nobody")}>{classroom.code && <><p>{t("game.classes.nobody_about")}</p><p className={css.code}>{classroom.code}</p></>}</Empty>
        ) : (
          <Stack>
            <p className={css.soft} role="status">{t("game.classes.online", { count: learners.filter((one) => online.ids.has(one.user_id)).length, total: learners.length })}</p>
            <ul className={css.learners}>
              {[...learners].sort((one, other) => one.name.localeCompare(other.name)).map((one) => <Learner key={one.user_id} learner={one} isHere={online.ids.has(one.user_id)} />)}
            </ul>
          </Stack>
        )}
      </Answer>
    </Stack>
  );
}

function Learner({ learner: { name, session }, isHere }: { learner: Schemas["LearnerProgressOut"]; isHere: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const lesson = useLessonTitle(session?.course_id, session?.lesson_id);
  return (
    <li className={css.learner} data-here={isHere}>
      <Row between>
        <strong>{name}</strong>
        <span className={css.gems}><span className={css.dot} data-on={isHere} aria-hidden /><span className={css.soft}>{t(isHere ? "game.classes.here" : "game.classes.away")}</span></span>
      </Row>
      {session ? (
        <>
          <span className={css.soft}>{lesson ?? t("game.classes.practising")}</span>
          <Bar share={session.total ? session.answered / session.total : 1} label={t("game.classes.answered", { name, done: session.answered, total: session.total })} />
          <div className={css.line}>
            <span className={css.numbers}>{t("game.quests.progress", { done: format.number(session.answered), target: format.number(session.total) })}</span>
            {session.finished ? <Chip tone="good">{t("game.classes.finished")}</Chip> : null}
            {session.answered > 0 && <span className={css.numbers}>{t("game.classes.right", { share: format.percent(session.correct / session.answered) })}</span>}
          </div>
          <span className={css.soft}>{format.relative(session.active_at)}</span>
        </>
      ) : <span className={css.soft}>{t("game.classes.not_begun")}</span>}
    </li>
  );
}

/** Null while it is not known, and for practice, which has no lesson. */
function useLessonTitle(courseId: string | undefined, lessonId: string | null | undefined): string | null {
  const course = queries.useQuery("get", "/api/v1/courses/{course_id}", { params: { path: { course_id: courseId ?? "" } } }, { enabled: Boolean(courseId && lessonId), staleTime: 3_600_000 });
  const lessons = course.data?.sections.flatMap((section) => section.units.flatMap((unit) => unit.lessons));
  return lessons?.find((lesson) => lesson.id === lessonId)?.title ?? null;
}

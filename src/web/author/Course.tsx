// The frame of one course: its places, where its draft stands, and news of what others do to it.

import { useTranslation } from "react-i18next";
import { Link, NavLink, Outlet, useParams } from "react-router";
import { queries } from "../app/api";
import { useFrame } from "../app/live";
import { Answer, Chip, Row } from "../app/ui";
import css from "./author.module.css";
import { type Draft, ofCourse, useOthers, useRefresh } from "./draft";

const PLACES = ["", "about", "publish", "history", "remarks", "reports", "people", "files"] as const;

export function Course() {
  const { courseId = "" } = useParams();
  const draft = queries.useQuery("get", "/api/v1/authoring/courses/{course_id}", ofCourse(courseId));
  return <Answer of={draft}>{(found) => <Frame key={courseId} draft={found} />}</Answer>;
}

function Frame({ draft }: { draft: Draft }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  useOthers(draft.id, draft.version);
  // A review that was asked for, given or refused is told by a notification alone.
  useFrame("notification.created", () => void refresh());
  return (
    <div className={css.frame}>
      <title>{`${draft.course.title} – Lyceum`}</title>
      <header className={css.courseHead}>
        <Link className={css.up ?? ""} to="/author">{t("author.courses")}</Link>
        <Row>
          <span className={css.courseTitle}>{draft.course.title}</span>
          {draft.state === "in_review" ? <Chip tone="warn">{t("author.in_review")}</Chip> : draft.changed ? <Chip tone="warn">{t("author.has_changes")}</Chip> : <Chip tone="good">{t("author.published")}</Chip>}
          {!draft.may_edit && <Chip>{t("author.read_only")}</Chip>}
        </Row>
      </header>
      <nav className={css.places} aria-label={t("author.places")}>
        {PLACES.map((place) => <NavLink key={place} end className={({ isActive }) => `${css.place} ${isActive ? css.here : ""}`} to={`/author/${draft.id}${place && `/${place}`}`}>{t(`author.place.${place || "content"}`)}</NavLink>)}
      </nav>
      <div className={css.content}><Outlet context={draft} /></div>
    </div>
  );
}

// What is other in one state of a course than in another, field by field.

import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { queries, type Schemas } from "../../app/api";
import { Answer, Chip } from "../../app/ui";
import css from "../author.module.css";

type Change = Schemas["ChangeOut"];
const TONES = { added: "good", removed: "bad", moved: "neutral", changed: "warn" } as const;

export function useDiff(course_id: string, before: string, after: string) {
  return queries.useQuery("get", "/api/v1/authoring/courses/{course_id}/diff", { params: { path: { course_id }, query: { from: before, to: after } } });
}

export function Changes({ courseId, before = "published", after = "draft" }: { courseId: string; before?: string; after?: string }) {
  const { t } = useTranslation();
  const diff = useDiff(courseId, before, after);
  return (
    <Answer of={diff}>
      {({ items, total }) => (items.length === 0 ? <p className={css.soft}>{t("author.no_change")}</p> : (
        <>
          <ul className={css.list}>{items.map((change) => <li key={`${change.kind} ${change.key}`}><One change={change} courseId={courseId} isLinked={after === "draft"} /></li>)}</ul>
          {total > items.length && <p className={css.soft}>{t("author.changes_more", { count: total - items.length })}</p>}
        </>
      ))}
    </Answer>
  );
}

/** Lists come as JSON; each of their texts stands on a line. */
function Value({ of, as: Tag }: { of: string | null; as: "del" | "ins" }) {
  const text = of === null ? "" : inLines(of);
  return text ? <Tag dir="auto">{text}</Tag> : null;
}

function inLines(text: string): string {
  if (!text.startsWith("[")) return text;
  try {
    const all = JSON.parse(text) as unknown[];
    return all.map((one) => (typeof one === "string" ? one : Array.isArray(one) ? one.join(" – ") : JSON.stringify(one))).join("\n");
  } catch {
    // A text that begins like a list.
    return text;
  }
}

function One({ change, courseId, isLinked }: { change: Change; courseId: string; isLinked: boolean }) {
  const { t } = useTranslation();
  const title = <span dir="auto">{change.title || t(`author.kind.${change.kind}`)}</span>;
  const path = !isLinked || change.what === "removed" ? null : change.kind === "course" ? `/author/${courseId}/about` : change.node_id && change.kind !== "section" ? `/author/${courseId}/${change.kind}/${change.node_id}` : null;
  return (
    <div className={css.change}>
      <p className={css.changeHead}>
        <Chip tone={TONES[change.what]}>{t(`author.what.${change.what}`)}</Chip>
        <span><span className={css.soft}>{t(`author.kind.${change.kind}`)}</span> {path ? <Link to={path}>{title}</Link> : title}</span>
        {change.path.length > 0 && <span className={css.soft}>{change.path.join(" › ")}</span>}
        {change.below > 0 && <span className={css.soft}>{t("author.below", { count: change.below })}</span>}
        {change.other_question && <Chip tone="warn">{t("author.other_question")}</Chip>}
      </p>
      {change.fields.length > 0 && (
        <dl className={css.fields}>
          {change.fields.map((field) => (
            <div key={field.field}>
              <dt>{t(`author.field.${field.field.split(".").at(-1)}`, { defaultValue: field.field })}</dt>
              <dd><Value of={field.before} as="del" /><Value of={field.after} as="ins" /></dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

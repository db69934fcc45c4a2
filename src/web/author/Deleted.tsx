// What was deleted and can be taken back until the next publish.

import { useTranslation } from "react-i18next";
import { queries } from "../app/api";
import { useFormat } from "../app/format";
import { Button } from "../app/ui";
import css from "./author.module.css";
import { useRestore } from "./changes";
import { ofCourse } from "./draft";

export function Deleted({ courseId }: { courseId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const deleted = queries.useQuery("get", "/api/v1/authoring/courses/{course_id}/deleted", ofCourse(courseId));
  const restore = useRestore(courseId);
  if (!deleted.data?.items.length) return null;
  return (
    <details className={css.more}>
      <summary>{t("author.deleted", { count: deleted.data.items.length })}</summary>
      <ul className={css.list}>
        {deleted.data.items.map((node) => (
          <li key={node.id} className={css.listLine}>
            <span><span dir="auto">{node.title}</span> <span className={css.soft}>{t(`author.kind.${node.kind}`)} · {format.relative(node.deleted_at)}</span></span>
            <Button small isDisabled={restore.isPending} onPress={() => restore.mutate(node.id)} aria-label={t("author.restore_of", { title: node.title })}>{t("author.restore")}</Button>
          </li>
        ))}
      </ul>
    </details>
  );
}

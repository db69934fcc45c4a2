// A lesson: its exercises in their order, and what it says besides.

import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { queries } from "../../app/api";
import { Answer, Card } from "../../app/ui";
import css from "../author.module.css";
import { LESSON, type Node, ofNode, useDraft } from "../draft";
import { Form } from "../form/Form";
import { NodeRemarks } from "../Remarks";
import { Exercises } from "./Exercises";
import { fetchNode, fieldsOf, replace, versionOf } from "./node";
import { SaveBar, useWriting } from "./writing";

export function Lesson() {
  const draft = useDraft();
  const { nodeId = "" } = useParams();
  const node = queries.useQuery("get", "/api/v1/authoring/courses/{course_id}/nodes/{node_id}", ofNode(draft.id, nodeId));
  return <Answer of={node}>{(found) => <Editor key={found.id} node={found} />}</Answer>;
}

function Editor({ node }: { node: Node }) {
  const { t } = useTranslation();
  const draft = useDraft();
  const writing = useWriting({
    loaded: versionOf(node),
    save: (values, etag) => replace(draft.id, node.id, fieldsOf(values, LESSON), etag),
    fetch: () => fetchNode(draft.id, node.id),
  });
  return (
    <>
      <h1 className={css.nodeTitle}><bdi>{String(writing.values.title || t("author.kind.lesson"))}</bdi></h1>
      <Exercises lesson={node} isDeck={writing.values.form === "deck"} />
      <details className={css.more} open={writing.isDirty || undefined}>
        <summary>{t("author.about_lesson")}</summary>
        <Card><Form schema={LESSON} value={writing.values} onChange={writing.put} told={writing.told} courseId={draft.id} isReadOnly={!draft.may_edit} /></Card>
        {draft.may_edit && <SaveBar of={writing} />}
      </details>
      <NodeRemarks courseId={draft.id} nodeId={node.id} />
    </>
  );
}

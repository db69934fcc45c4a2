// A unit: its name, and what is read before it.

import { useParams } from "react-router";
import { useTranslation } from "react-i18next";
import { queries } from "../../app/api";
import { Answer, Card } from "../../app/ui";
import css from "../author.module.css";
import { type Node, ofNode, UNIT, useDraft } from "../draft";
import { Form } from "../form/Form";
import { NodeRemarks } from "../Remarks";
import { fetchNode, fieldsOf, replace, versionOf } from "./node";
import { SaveBar, useWriting } from "./writing";

export function Unit() {
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
    save: (values, etag) => replace(draft.id, node.id, fieldsOf(values, UNIT), etag),
    fetch: () => fetchNode(draft.id, node.id),
  });
  return (
    <>
      <h1 className={css.nodeTitle}><bdi>{String(writing.values.title || t("author.kind.unit"))}</bdi></h1>
      <Card><Form schema={UNIT} value={writing.values} onChange={writing.put} told={writing.told} courseId={draft.id} isReadOnly={!draft.may_edit} /></Card>
      {draft.may_edit && <SaveBar of={writing} />}
      <NodeRemarks courseId={draft.id} nodeId={node.id} />
    </>
  );
}

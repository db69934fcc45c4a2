// A lesson: its exercises in their order, and what it says besides.

import { GripVertical, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button as Press, GridList, GridListItem, useDragAndDrop } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { api, queries } from "../../app/api";
import { Answer, Button, Card, Chip, Dialog, Empty } from "../../app/ui";
import { say } from "../../app/ui/toasts";
import css from "../author.module.css";
import { LESSON, type Node, ofNode, PAGES, useDraft } from "../draft";
import { Form } from "../form/Form";
import type { Values } from "../form/schema";
import { NodeRemarks } from "../Remarks";
import { useChange } from "../Tree";
import { fetchNode, fieldsOf, inBrief, replace, versionOf } from "./node";
import { SaveBar, useWriting } from "./writing";

type Exercise = Omit<Node, "key">;

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
      <h1 className={css.nodeTitle} dir="auto">{String(writing.values.title || t("author.kind.lesson"))}</h1>
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

function Exercises({ lesson, isDeck }: { lesson: Node; isDeck: boolean }) {
  const { t } = useTranslation();
  const draft = useDraft();
  const navigate = useNavigate();
  const [adds, setAdds] = useState(false);
  const list = queries.useInfiniteQuery("get", "/api/v1/authoring/courses/{course_id}/children", { params: { path: { course_id: draft.id }, query: { parent_id: lesson.id, limit: 100 } } }, PAGES);
  // Without `key`, which the list would take for its own.
  const exercises = list.data?.pages.flatMap((page) => page.items.map(({ key: _, ...node }): Exercise => node)) ?? [];
  const move = useChange(({ node, position }: { node: Exercise; position: number }) =>
    api.POST("/api/v1/authoring/courses/{course_id}/nodes/{node_id}/move", { params: { ...ofNode(draft.id, node.id).params, header: { "If-Match": node.etag } }, body: { parent_id: lesson.id, position } }));
  const remove = useChange(async (node: Exercise) => {
    await api.DELETE("/api/v1/authoring/courses/{course_id}/nodes/{node_id}", { params: { ...ofNode(draft.id, node.id).params, header: { "If-Match": node.etag } } });
    say(t("author.deleted_node", { title: inBrief(contentOf(node)) }));
  });
  const { dragAndDropHooks } = useDragAndDrop({
    isDisabled: !draft.may_edit,
    getItems: (keys) => [...keys].map((key) => ({ "text/plain": String(key) })),
    onReorder: (event) => {
      const from = exercises.findIndex((one) => event.keys.has(one.id));
      const at = exercises.findIndex((one) => one.id === event.target.key);
      const node = exercises[from];
      if (!node || at < 0) return;
      const gap = at + (event.target.dropPosition === "after" ? 1 : 0);
      move.mutate({ node, position: from < gap ? gap - 1 : gap });
    },
  });
  const add = (kind: string) => void navigate(`/author/${draft.id}/exercise/new?lesson=${lesson.id}&kind=${kind}`);
  return (
    <section className={css.section}>
      <header className={css.head}>
        <h2>{t(isDeck ? "author.the_cards" : "author.the_exercises")}</h2>
        {draft.may_edit && <Button look="primary" onPress={() => (isDeck ? add("flashcard") : setAdds(true))}><Plus aria-hidden size={18} />{t(isDeck ? "author.add.card" : "author.add.exercise")}</Button>}
      </header>
      <Answer of={list}>
        {() => (
          <GridList
            aria-label={t("author.the_exercises")} className={css.tree ?? ""} items={exercises} selectionMode="none" dragAndDropHooks={dragAndDropHooks} onAction={(key) => void navigate(`/author/${draft.id}/exercise/${key}`)}
            renderEmptyState={() => <Empty title={t("author.no_exercise")} />}
          >
            {(node) => {
              const content = contentOf(node);
              return (
                <GridListItem id={node.id} textValue={inBrief(content)} className={`${css.branch} ${css.lesson}`}>
                  <div className={css.line}>
                    {draft.may_edit && <Press slot="drag" className={css.grip ?? ""}><GripVertical aria-hidden size={18} /></Press>}
                    <span className={css.branchTitle} dir="auto">{inBrief(content)}</span>
                    <Chip>{t(`author.kinds.${String(content.kind)}`, { defaultValue: String(content.kind) })}</Chip>
                    {draft.may_edit && <Press className={css.tool ?? ""} aria-label={t("author.delete_of", { title: inBrief(content) })} onPress={() => remove.mutate(node)}><Trash2 aria-hidden size={18} /></Press>}
                  </div>
                </GridListItem>
              );
            }}
          </GridList>
        )}
      </Answer>
      {list.hasNextPage && <Button onPress={() => void list.fetchNextPage()}>{t("author.more")}</Button>}
      <Kinds isOpen={adds} onClose={() => setAdds(false)} onChoose={add} />
    </section>
  );
}

const contentOf = (node: Exercise) => (node.node as { content: Values }).content;

function Kinds({ isOpen, onClose, onChoose }: { isOpen: boolean; onClose: () => void; onChoose: (kind: string) => void }) {
  const { t } = useTranslation();
  const kinds = queries.useQuery("get", "/api/v1/authoring/kinds", {}, { staleTime: Infinity });
  return (
    <Dialog title={t("author.which_kind")} isOpen={isOpen} onClose={onClose}>
      <Answer of={kinds}>
        {({ items }) => <ul className={css.kinds}>{items.map(({ kind }) => <li key={kind}><button type="button" className={css.kind} onClick={() => onChoose(kind)}><b>{t(`author.kinds.${kind}`, { defaultValue: kind })}</b><span className={css.soft}>{t(`author.kind_about.${kind}`, { defaultValue: "" })}</span></button></li>)}</ul>}
      </Answer>
    </Dialog>
  );
}

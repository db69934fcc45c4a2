// What those who work on a course say to each other: of one node, or of all.

import { useMutation } from "../app/mutation";
import { Check, Trash2, Undo2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useLogin } from "../app/session";
import { Button, Card, Empty, Failed, Field, Loading, Row } from "../app/ui";
import { Segments } from "../app/ui/choice";
import { useComplaint } from "../app/ui/toasts";
import css from "./author.module.css";
import { PAGES, useDraft, useRefresh, useTree } from "./draft";
import { branches, byId } from "./dragging";

type Remark = Schemas["CommentOut"];

export function Remarks() {
  const { t } = useTranslation();
  const draft = useDraft();
  const [state, setState] = useState<"open" | "done">("open");
  const tree = useTree(draft.id);
  const known = tree.data && byId(branches(tree.data));
  return (
    <>
      <header className={css.head}><div><h1>{t("author.place.remarks")}</h1><p className={css.soft}>{t("author.remarks_lead")}</p></div></header>
      <Segments label={t("author.state")} options={[{ value: "open", name: t("author.remarks_open") }, { value: "done", name: t("author.remarks_done") }]} value={state} onChange={setState} />
      <List
        courseId={draft.id} resolved={state === "done"} empty={t("author.no_remark")}
        where={(id) => {
          const branch = known?.get(id);
          const kind = branch?.kind ?? "exercise";
          return kind === "section" ? <span>{branch?.title}</span> : <Link to={`/author/${draft.id}/${kind}/${id}`}>{branch?.title ?? t("author.kind.exercise")}</Link>;
        }}
      />
      {state === "open" && <Write courseId={draft.id} nodeId={null} />}
    </>
  );
}

/** Beside what a screen edits. */
export function NodeRemarks({ courseId, nodeId }: { courseId: string; nodeId: string }) {
  const { t } = useTranslation();
  return (
    <section className={css.section} aria-label={t("author.place.remarks")}>
      <h2>{t("author.place.remarks")}</h2>
      <List courseId={courseId} nodeId={nodeId} />
      <Write courseId={courseId} nodeId={nodeId} />
    </section>
  );
}

interface ListProps {
  courseId: string;
  nodeId?: string;
  resolved?: boolean;
  empty?: string;
  where?: (nodeId: string) => React.ReactNode;
}

function List({ courseId, nodeId, resolved, empty, where }: ListProps) {
  const { t } = useTranslation();
  const list = queries.useInfiniteQuery("get", "/api/v1/authoring/courses/{course_id}/comments", { params: { path: { course_id: courseId }, query: { ...(nodeId ? { node_id: nodeId } : {}), ...(resolved === undefined ? {} : { resolved }) } } }, PAGES);
  if (list.data === undefined) return list.error ? <Failed error={list.error} retry={() => void list.refetch()} /> : <Loading lines={2} />;
  const items = list.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return empty ? <Empty title={empty} /> : null;
  return (
    <>
      <ul className={css.list}>{items.map((remark) => <li key={remark.id}><One courseId={courseId} remark={remark} where={remark.node_id && where?.(remark.node_id)} /></li>)}</ul>
      {list.hasNextPage && <Button onPress={() => void list.fetchNextPage()}>{t("author.more")}</Button>}
    </>
  );
}

function One({ courseId, remark, where }: { courseId: string; remark: Remark; where: React.ReactNode }) {
  const { t } = useTranslation();
  const format = useFormat();
  const refresh = useRefresh();
  const complain = useComplaint();
  const me = useLogin((login) => login.user?.id);
  const draft = useDraft();
  const params = { path: { course_id: courseId, comment_id: remark.id } };
  const isDone = remark.resolved_at !== null;
  const resolve = useMutation({ mutationFn: () => api.PUT("/api/v1/authoring/courses/{course_id}/comments/{comment_id}/resolved", { params, body: { resolved: !isDone } }), onSuccess: refresh, onError: complain });
  const remove = useMutation({ mutationFn: () => api.DELETE("/api/v1/authoring/courses/{course_id}/comments/{comment_id}", { params }), onSuccess: refresh, onError: complain });
  return (
    <Card className={css.remark ?? ""}>
      <p className={css.soft}>{remark.author.name ?? t("author.somebody")} · {format.relative(remark.created_at)}{where && <> · {where}</>}</p>
      <p className={css.said} dir="auto">{remark.body}</p>
      <Row>
        <Button small isDisabled={resolve.isPending} onPress={() => resolve.mutate()}>{isDone ? <Undo2 aria-hidden size={16} /> : <Check aria-hidden size={16} />}{t(isDone ? "author.reopen" : "author.resolve")}</Button>
        {(remark.author.id === me || draft.role === "owner") && <Button small look="quiet" isDisabled={remove.isPending} onPress={() => remove.mutate()}><Trash2 aria-hidden size={16} />{t("author.delete")}</Button>}
      </Row>
    </Card>
  );
}

function Write({ courseId, nodeId }: { courseId: string; nodeId: string | null }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const complain = useComplaint();
  const [text, setText] = useState("");
  const add = useMutation({
    mutationFn: () => api.POST("/api/v1/authoring/courses/{course_id}/comments", { params: { path: { course_id: courseId } }, body: { body: text.trim(), node_id: nodeId } }),
    onSuccess: async () => {
      setText("");
      await refresh();
    },
    onError: complain,
  });
  return (
    <form className={css.write} onSubmit={(event) => { event.preventDefault(); if (text.trim()) add.mutate(); }}>
      <Field label={t("author.remark")} lines={2} maxLength={5000} dir="auto" value={text} onChange={setText} />
      <Button type="submit" isDisabled={!text.trim() || add.isPending}>{t("author.remark_add")}</Button>
    </form>
  );
}

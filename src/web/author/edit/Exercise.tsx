// An exercise of any kind: a form made from what the server says of the kind, and beside it what learners will see.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { api, body, onceKey, queries, type Schemas } from "../../app/api";
import { Answer, Card, Empty, Notice } from "../../app/ui";
import css from "../author.module.css";
import { BESIDE, type Draft, type Node, ofNode, useDraft } from "../draft";
import { Form } from "../form/Form";
import { blank, cleaned, type Definitions, type Schema, type Values } from "../form/schema";
import { NodeRemarks } from "../Remarks";
import { fetchNode, type NodeFields, replace, versionOf } from "./node";
import { Preview, useTried } from "./Preview";
import { SaveBar, useWriting, type Version } from "./writing";

type Kinds = Schemas["KindsOut"];

export function Exercise() {
  const { nodeId = "" } = useParams();
  return nodeId === "new" ? <Fresh /> : <Kept nodeId={nodeId} />;
}

const useKinds = () => queries.useQuery("get", "/api/v1/authoring/kinds", {}, { staleTime: Infinity });

function Kept({ nodeId }: { nodeId: string }) {
  const draft = useDraft();
  const kinds = useKinds();
  const node = queries.useQuery("get", "/api/v1/authoring/courses/{course_id}/nodes/{node_id}", ofNode(draft.id, nodeId));
  return <Answer of={kinds}>{(known) => <Answer of={node}>{(found) => <Old key={found.id} node={found} kinds={known} draft={draft} />}</Answer>}</Answer>;
}

function Old({ node, kinds, draft }: { node: Node; kinds: Kinds; draft: Draft }) {
  return (
    <>
      <Editor
        draft={draft} kinds={kinds} loaded={versionOf(node)} lessonId={node.parent_id}
        save={(fields, etag) => replace(draft.id, node.id, fields, etag)} fetch={() => fetchNode(draft.id, node.id)}
      />
      <NodeRemarks courseId={draft.id} nodeId={node.id} />
    </>
  );
}

function Fresh() {
  const draft = useDraft();
  const kinds = useKinds();
  const navigate = useNavigate();
  const { t } = useTranslation();
  const [wish] = useSearchParams();
  const [key] = useState(onceKey);
  const lessonId = wish.get("lesson");
  const made = async (node: NodeFields): Promise<Version> => {
    const found = await body(api.POST("/api/v1/authoring/courses/{course_id}/nodes", { params: { path: { course_id: draft.id }, header: { "Idempotency-Key": key } }, body: { node, parent_id: lessonId } }));
    void navigate(`/author/${draft.id}/exercise/${found.id}`, { replace: true });
    return versionOf(found);
  };
  return (
    <Answer of={kinds}>
      {(known) => {
        const kind = known.items.find((one) => one.kind === wish.get("kind"));
        if (!kind || !lessonId) return <Empty title={t("author.no_such_kind")} />;
        const definitions = known.definitions as Definitions;
        const { source_language, target_language } = draft.course;
        const languages = Object.fromEntries(Object.entries(kind.languages).map(([name, which]) => [name, which === "target" ? target_language : source_language]));
        const content = { kind: kind.kind, ...(blank(definitions[kind.definition] ?? {}, definitions) as Values), ...languages };
        const loaded = { values: { kind: "exercise", content }, etag: "", at: "" };
        return <Editor draft={draft} kinds={known} loaded={loaded} lessonId={lessonId} save={made} fetch={() => Promise.resolve(loaded)} isNew />;
      }}
    </Answer>
  );
}

interface EditorProps {
  draft: Draft;
  kinds: Kinds;
  loaded: Version;
  lessonId: string | null;
  save: (fields: NodeFields, etag: string) => Promise<Version>;
  fetch: () => Promise<Version>;
  isNew?: boolean;
}

function Editor({ draft, kinds, loaded, lessonId, save, fetch, isNew = false }: EditorProps) {
  const { t } = useTranslation();
  const definitions = kinds.definitions as Definitions;
  const content = (loaded.values as { content: Values }).content;
  const kind = kinds.items.find((one) => one.kind === content.kind);
  const schema: Schema = definitions[kind?.definition ?? ""] ?? {};
  const whole = (values: Values) => ({ ...(cleaned({ ...values, content: null }, BESIDE, {}) as Values), kind: "exercise", content: cleaned(values.content, schema, definitions) }) as unknown as NodeFields;
  const writing = useWriting({ loaded, save: (values, etag) => save(whole(values), etag), fetch, isNew });
  const written = writing.values.content as Values;
  const tried = useTried(draft.id, cleaned(written, schema, definitions) as Values);
  const told = tried.data?.message ? { field: tried.data.field ?? "", message: tried.data.message } : null;
  const isReadOnly = !draft.may_edit;
  if (!kind) return <Empty title={t("author.no_such_kind")} />;
  return (
    <>
      <header>
        {lessonId && <Link className={css.up ?? ""} to={`/author/${draft.id}/lesson/${lessonId}`}>{t("author.back_to_lesson")}</Link>}
        <h1 className={css.nodeTitle}>{t(`author.kinds.${kind.kind}`, { defaultValue: kind.kind })}</h1>
      </header>
      <div className={css.desk}>
        <div className={css.section}>
          <Card>
            <Form key={loaded.etag} schema={schema} definitions={definitions} value={written} onChange={(next) => writing.put({ ...writing.values, content: next })} told={told} courseId={draft.id} isReadOnly={isReadOnly} aside={Object.keys(kind.languages)} />
          </Card>
          <Card><Form schema={BESIDE} skip={[]} value={writing.values} onChange={writing.put} told={writing.told} courseId={draft.id} isReadOnly={isReadOnly} /></Card>
          {told && <Notice tone="warn">{told.message}</Notice>}
          {!isReadOnly && <SaveBar of={writing} isBlocked={told !== null} isNew={isNew} />}
        </div>
        <Preview draft={draft} content={cleaned(written, schema, definitions) as Values} beside={writing.values} tried={tried.data} />
      </div>
    </>
  );
}

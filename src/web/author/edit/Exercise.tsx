// An exercise of any kind: a form made from what the server says of the kind, and beside it what learners will see.

import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useLocation, useNavigate, useParams, useSearchParams } from "react-router";
import { api, body, queries, type Schemas } from "../../app/api";
import { Answer, Card, Empty, Notice, Row } from "../../app/ui";
import css from "../author.module.css";
import { BESIDE, type Draft, type Node, ofNode, useDraft } from "../draft";
import { Form } from "../form/Form";
import { blank, cleaned, type Definitions, type Schema, type Values } from "../form/schema";
import { inWords, isMissing } from "../form/said";
import { NodeRemarks } from "../Remarks";
import { fetchNode, type NodeFields, replace, versionOf } from "./node";
import { Preview, useTried } from "./Preview";
import { SaveBar, useWriting, type Version } from "./writing";

type Kinds = Schemas["KindsOut"];

export function Exercise() {
  const { nodeId = "" } = useParams();
  const draft = useDraft();
  const { key, state } = useLocation();
  const [wish] = useSearchParams();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { t } = useTranslation();
  const id = nodeId === "new" ? null : nodeId;
  // What is written goes on being written once it was saved for the first time.
  const origin = id === null ? key : ((state as { origin?: string } | null)?.origin ?? id);
  const kinds = queries.useQuery("get", "/api/v1/authoring/kinds", {}, { staleTime: Infinity });
  const node = queries.useQuery("get", "/api/v1/authoring/courses/{course_id}/nodes/{node_id}", ofNode(draft.id, nodeId), { enabled: id !== null });
  const make = async (fields: NodeFields, lessonId: string): Promise<Version> => {
    const made = await body(api.POST("/api/v1/authoring/courses/{course_id}/nodes", { params: { path: { course_id: draft.id } }, body: { node: fields, parent_id: lessonId } }));
    client.setQueryData(queries.queryOptions("get", "/api/v1/authoring/courses/{course_id}/nodes/{node_id}", ofNode(draft.id, made.id)).queryKey, made);
    void navigate(`/author/${draft.id}/exercise/${made.id}`, { replace: true, state: { origin } });
    return versionOf(made);
  };
  const fresh = { data: null, error: null, isPending: false, refetch: () => undefined };
  return (
    <Answer of={kinds}>
      {(known) => (
        <Answer of={id === null ? fresh : node}>
          {(found: Node | null) => {
            const lessonId = found ? found.parent_id : wish.get("lesson");
            const loaded = found ? versionOf(found) : lessonId ? blankOf(known, wish.get("kind"), draft) : null;
            if (!loaded || !lessonId) return <Empty title={t("author.no_such_kind")} />;
            return (
              <Editor
                key={origin} draft={draft} kinds={known} loaded={loaded} lessonId={lessonId} nodeId={id}
                save={(fields, etag) => (id === null ? make(fields, lessonId) : replace(draft.id, id, fields, etag))} fetch={() => (id === null ? Promise.resolve(loaded) : fetchNode(draft.id, id))}
              />
            );
          }}
        </Answer>
      )}
    </Answer>
  );
}

/** Of a kind, with nothing in it yet. */
function blankOf(known: Kinds, name: string | null, draft: Draft): Version | null {
  const kind = known.items.find((one) => one.kind === name);
  if (!kind) return null;
  const definitions = known.definitions as Definitions;
  const { source_language, target_language } = draft.course;
  const languages = Object.fromEntries(Object.entries(kind.languages).map(([field, which]) => [field, which === "target" ? target_language : source_language]));
  const content = { kind: kind.kind, ...(blank(definitions[kind.definition] ?? {}, definitions) as Values), ...languages };
  return { values: { kind: "exercise", content }, etag: "", at: "" };
}

interface EditorProps {
  draft: Draft;
  kinds: Kinds;
  loaded: Version;
  lessonId: string;
  /** Null until it was saved for the first time. */
  nodeId: string | null;
  save: (fields: NodeFields, etag: string) => Promise<Version>;
  fetch: () => Promise<Version>;
}

function Editor({ draft, kinds, loaded, lessonId, nodeId, save, fetch }: EditorProps) {
  const { t } = useTranslation();
  const definitions = kinds.definitions as Definitions;
  const content = (loaded.values as { content: Values }).content;
  const kind = kinds.items.find((one) => one.kind === content.kind);
  const schema: Schema = definitions[kind?.definition ?? ""] ?? {};
  const whole = (values: Values) => ({ ...(cleaned({ ...values, content: null }, BESIDE, {}) as Values), kind: "exercise", content: cleaned(values.content, schema, definitions) }) as unknown as NodeFields;
  const writing = useWriting({ loaded, save: (values, etag) => save(whole(values), etag), fetch, isNew: nodeId === null });
  const written = writing.values.content as Values;
  const tried = useTried(draft.id, cleaned(written, schema, definitions) as Values);
  const told = tried.data?.message ? { field: tried.data.field ?? "", message: inWords(tried.data.message, t) } : null;
  // What was not come to yet is not held against anybody.
  const missing = told && isMissing(written, told.field) ? told : null;
  const wrong = missing ? null : told;
  const isReadOnly = !draft.may_edit;
  const nameOf = (field: string) => {
    const name = /^[^.[]+/.exec(field)?.[0] ?? "";
    return t(`author.field.${name}`, { defaultValue: name });
  };
  if (!kind) return <Empty title={t("author.no_such_kind")} />;
  return (
    <>
      <header className={css.courseHead}>
        <Row between>
          <Link className={css.up ?? ""} to={`/author/${draft.id}/lesson/${lessonId}`}>{t("author.back_to_lesson")}</Link>
          {nodeId && !isReadOnly && <Link className={css.up ?? ""} to={`/author/${draft.id}/exercise/new?lesson=${lessonId}&kind=${kind.kind}`}>{t("author.another")}</Link>}
        </Row>
        <div><h1 className={css.nodeTitle}>{t(`author.kinds.${kind.kind}`, { defaultValue: kind.kind })}</h1><p className={css.soft}>{t(`author.kind_about.${kind.kind}`, { defaultValue: "" })}</p></div>
      </header>
      <div className={css.desk}>
        <div className={css.section}>
          <Card>
            <Form schema={schema} definitions={definitions} value={written} onChange={(next) => writing.put({ ...writing.values, content: next })} told={wrong} courseId={draft.id} isReadOnly={isReadOnly} aside={Object.keys(kind.languages)} />
          </Card>
          <Card><Form schema={BESIDE} skip={[]} value={writing.values} onChange={writing.put} told={writing.told} courseId={draft.id} isReadOnly={isReadOnly} /></Card>
          {wrong && <Notice tone="warn">{wrong.message}</Notice>}
          {!isReadOnly && <SaveBar of={writing} isBlocked={told !== null} lacks={missing ? t("author.lacks", { field: nameOf(missing.field) }) : undefined} />}
        </div>
        <Preview draft={draft} content={cleaned(written, schema, definitions) as Values} beside={writing.values} tried={tried.data} />
      </div>
      {nodeId && <NodeRemarks courseId={draft.id} nodeId={nodeId} />}
    </>
  );
}

// Courses that are read from files: beginning one, and those of before.

import { useMutation } from "../../app/mutation";
import { useRef, useState } from "react";
import { FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { api, body, queries } from "../../app/api";
import { useFormat } from "../../app/format";
import { Bar, Button, Chip, Dialog, explain, Field, Notice, Row, Stack } from "../../app/ui";
import { Pick } from "../../app/ui/choice";
import css from "../author.module.css";
import { Language } from "../form/Language";
import { type Import, sendParts } from "./importing";

export function Imports() {
  const { t } = useTranslation();
  const format = useFormat();
  const list = queries.useQuery("get", "/api/v1/authoring/imports", { params: { query: { limit: 10 } } });
  if (!list.data?.items.length) return null;
  return (
    <section className={css.section} aria-label={t("author.import.title")}>
      <h2>{t("author.import.title")}</h2>
      <ul className={css.list}>
        {list.data.items.map((one) => (
          <li key={one.id} className={css.listLine}>
            <span><Link to={`/author/imports/${one.id}`}>{one.name}</Link><span className={css.softLine}>{format.relative(one.created_at)}{one.dry_run && ` · ${t("author.import.dry")}`}</span></span>
            <State of={one} />
          </li>
        ))}
      </ul>
    </section>
  );
}

export function State({ of: { state } }: { of: Import }) {
  const { t } = useTranslation();
  return <Chip tone={state === "done" ? "good" : state === "failed" ? "bad" : "warn"}>{t(`author.import.state.${state}`)}</Chip>;
}

/** With `courseId`, into the draft of that course. */
export function Begin({ isOpen, onClose, courseId = null }: { isOpen: boolean; onClose: () => void; courseId?: string | null }) {
  const { t } = useTranslation();
  return <Dialog title={t(courseId ? "author.import.into" : "author.import.begin")} isOpen={isOpen} onClose={onClose}><Wish courseId={courseId} onClose={onClose} /></Dialog>;
}

function Wish({ courseId, onClose }: { courseId: string | null; onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const formats = queries.useQuery("get", "/api/v1/authoring/formats", {}, { staleTime: Infinity });
  const [file, setFile] = useState<File | null>(null);
  const [format, setFormat] = useState("");
  const [title, setTitle] = useState("");
  const [slug, setSlug] = useState("");
  const [taught, setTaught] = useState("");
  const [spoken, setSpoken] = useState("");
  const [dry, setDry] = useState(false);
  const [replaces, setReplaces] = useState(false);
  const [share, setShare] = useState<number | null>(null);
  const begun = useRef<{ what: string; file: File; id: string } | null>(null);
  const begin = useMutation({
    mutationFn: async (chosen: File) => {
      const options = { slug: slug || null, title: title || null, source_language: spoken || null, target_language: taught || null };
      const wish = { name: chosen.name, size_bytes: chosen.size, format: format || null, options, course_id: courseId, replace: replaces, dry_run: dry };
      const what = JSON.stringify(wish);
      // Where the network went away, the same wish goes on with what has not arrived.
      const before = begun.current?.file === chosen && begun.current.what === what ? begun.current.id : null;
      const work = await body(before ? api.GET("/api/v1/authoring/imports/{import_id}", { params: { path: { import_id: before } } }) : api.POST("/api/v1/authoring/imports", { body: wish }));
      begun.current = { what, file: chosen, id: work.id };
      setShare(0);
      await sendParts(chosen, work, setShare);
      return work;
    },
    onSuccess: (work) => void navigate(`/author/imports/${work.id}`),
    onError: () => setShare(null),
  });
  const readable = formats.data?.items.filter((one) => one.read) ?? [];
  return (
    <form onSubmit={(event) => { event.preventDefault(); if (file) begin.mutate(file); }}>
      <Stack>
        <p>{t("author.import.lead")}</p>
        <Row>
          <FileTrigger onSelect={(files) => setFile(files?.[0] ?? null)}><Button>{t("author.import.choose")}</Button></FileTrigger>
          <span className={css.soft} aria-live="polite">{file?.name ?? t("author.import.none")}</span>
        </Row>
        <Pick label={t("author.import.format")} options={[{ value: "", name: t("author.import.by_itself") }, ...readable.map((one) => ({ value: one.name, name: one.title }))]} value={format} onChange={setFormat} />
        <details className={css.more}>
          <summary>{t("author.import.missing")}</summary>
          <Stack>
            {!courseId && <Field label={t("author.field.title")} maxLength={200} value={title} onChange={setTitle} />}
            {!courseId && <Field label={t("author.field.slug")} hint={t("author.hint.slug")} maxLength={80} pattern="[a-z0-9]+(-[a-z0-9]+)*" value={slug} onChange={setSlug} />}
            <Language label={t("author.field.target_language")} value={taught} onChange={setTaught} />
            <Language label={t("author.field.source_language")} value={spoken} onChange={setSpoken} />
          </Stack>
        </details>
        {courseId && <label className={css.check}><input type="checkbox" checked={replaces} onChange={(event) => setReplaces(event.target.checked)} />{t("author.import.replace")}</label>}
        <label className={css.check}><input type="checkbox" checked={dry} onChange={(event) => setDry(event.target.checked)} />{t("author.import.dry_run")}</label>
        {share !== null && <Bar share={share} label={t("author.media.sending", { name: file?.name })} />}
        {begin.error && <Notice tone="bad">{explain(begin.error, t)}</Notice>}
        <Row><Button type="submit" look="primary" isDisabled={!file || begin.isPending}>{t("author.import.send")}</Button><Button look="quiet" onPress={onClose}>{t("author.cancel")}</Button></Row>
      </Stack>
    </form>
  );
}

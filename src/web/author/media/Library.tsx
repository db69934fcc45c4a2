// One's own pictures, recordings and files for courses.

import { useQueryClient } from "@tanstack/react-query";
import { FileText, Film, Volume2 } from "lucide-react";
import { useState } from "react";
import { FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, queries } from "../../app/api";
import { useFormat } from "../../app/format";
import { useMutation } from "../../app/mutation";
import { Bar, Button, Chip, Dialog, Empty, explain, Failed, Field, Loading, Row, Stack } from "../../app/ui";
import { Segments } from "../../app/ui/choice";
import { say, useComplaint } from "../../app/ui/toasts";
import { type FileOut, send, underWay } from "../../app/upload";
import css from "../author.module.css";
import { PAGES } from "../draft";
import { Uploader } from "./Uploader";

const KINDS = ["all", "image", "audio", "video", "document"] as const;
const MEGABYTE = 1_000_000;

export function Library() {
  const { t } = useTranslation();
  const format = useFormat();
  const [kind, setKind] = useState<(typeof KINDS)[number]>("all");
  const [open, setOpen] = useState<FileOut | null>(null);
  const files = queries.useInfiniteQuery("get", "/api/v1/media", { params: { query: { purpose: "course", limit: 40, ...(kind === "all" ? {} : { kind }) } } }, PAGES);
  const usage = queries.useQuery("get", "/api/v1/media/usage");
  const items = files.data?.pages.flatMap((page) => page.items);
  return (
    <div className={css.content}>
      <title>{`${t("author.media.title")} – Lyceum`}</title>
      <Link className={css.up ?? ""} to="/author">{t("author.courses")}</Link>
      <header className={css.head}><div><h1>{t("author.media.title")}</h1><p className={css.soft}>{t("author.media.lead")}</p></div></header>
      {usage.data && <div className={css.usage}><Bar share={usage.data.used_bytes / usage.data.quota_bytes} label={t("author.media.used")} /><p className={css.soft}>{t("author.media.usage", { used: format.number(Math.round(usage.data.used_bytes / MEGABYTE)), quota: format.number(Math.round(usage.data.quota_bytes / MEGABYTE)), count: usage.data.files })}</p></div>}
      <Uploader courseId={null} />
      <Unfinished />
      <Segments label={t("author.media.kind")} options={KINDS.map((value) => ({ value, name: t(`author.media.${value}`) }))} value={kind} onChange={setKind} />
      {items === undefined ? files.error ? <Failed error={files.error} retry={() => void files.refetch()} /> : <Loading /> : items.length === 0 ? <Empty title={t("author.media.empty")} /> : (
        <ul className={css.files}>{items.map((file) => <li key={file.id}><button type="button" className={css.file} onClick={() => setOpen(file)}><Look file={file} /><span>{file.name}</span></button></li>)}</ul>
      )}
      {files.hasNextPage && <Button isDisabled={files.isFetchingNextPage} onPress={() => void files.fetchNextPage()}>{t("author.more")}</Button>}
      {open && <Detail key={open.id} file={open} onClose={() => setOpen(null)} />}
    </div>
  );
}

function Look({ file }: { file: FileOut }) {
  if (file.kind === "image") return <img className={css.thumb} src={file.pictures.find((one) => one.name === "320")?.url ?? file.url} alt="" loading="lazy" />;
  const Icon = { audio: Volume2, video: Film, document: FileText }[file.kind];
  return <span className={css.thumb}><Icon aria-hidden size={32} /></span>;
}

/** Uploads that broke off: the same file goes on where they stopped. */
function Unfinished() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const complain = useComplaint();
  const [shares, setShares] = useState<Readonly<Record<string, number>>>({});
  const uploads = queries.useQuery("get", "/api/v1/media/uploads");
  const goOn = async (uploadId: string, size: number, file: File | undefined) => {
    if (!file || file.size !== size) return say(t("author.media.other_file"));
    try {
      await send({ file, purpose: "course", uploadId, onProgress: (share) => setShares((all) => ({ ...all, [uploadId]: share })) });
      await client.invalidateQueries({ queryKey: ["get", "/api/v1/media"] });
    } catch (error) {
      say(explain(error, t));
    }
    setShares(({ [uploadId]: _, ...others }) => others);
    await uploads.refetch();
  };
  const abort = useMutation({ mutationFn: (upload_id: string) => api.DELETE("/api/v1/media/uploads/{upload_id}", { params: { path: { upload_id } } }), onSuccess: () => uploads.refetch(), onError: complain });
  const open = uploads.data?.items.filter((one) => one.state === "open" && one.purpose === "course" && (one.id in shares || !underWay.has(one.id))) ?? [];
  if (open.length === 0) return null;
  return (
    <section className={css.section} aria-label={t("author.media.unfinished")}>
      <h2>{t("author.media.unfinished")}</h2>
      <ul className={css.list}>
        {open.map((one) => {
          const share = shares[one.id];
          return (
            <li key={one.id} className={css.listLine}>
              <span>{one.name}</span>
              {share === undefined ? (
                <Row>
                  <FileTrigger onSelect={(files) => void goOn(one.id, one.size_bytes, files?.[0])}><Button small>{t("author.media.go_on")}</Button></FileTrigger>
                  <Button small look="quiet" onPress={() => abort.mutate(one.id)}>{t("author.media.give_up")}</Button>
                </Row>
              ) : <Bar share={share} label={t("author.media.sending", { name: one.name })} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Detail({ file, onClose }: { file: FileOut; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const complain = useComplaint();
  const [name, setName] = useState(file.name);
  const [alt, setAlt] = useState(file.alt);
  const [visibility, setVisibility] = useState(file.visibility);
  const params = { path: { file_id: file.id } };
  const done = async () => {
    onClose();
    await client.invalidateQueries({ queryKey: ["get", "/api/v1/media"] });
    await client.invalidateQueries({ queryKey: ["get", "/api/v1/media/usage"] });
  };
  const save = useMutation({ mutationFn: () => api.PATCH("/api/v1/media/{file_id}", { params, body: { name, alt, visibility } }), onSuccess: done, onError: complain });
  const remove = useMutation({ mutationFn: () => api.DELETE("/api/v1/media/{file_id}", { params }), onSuccess: done, onError: complain });
  return (
    <Dialog title={file.name} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
        <Stack>
          {file.kind === "image" ? <img src={file.pictures.find((one) => one.name === "640")?.url ?? file.url} alt={file.alt} /> : file.kind === "audio" ? <audio controls src={file.url} /> : file.kind === "video" ? <video controls src={file.url} className={css.video} /> : <a href={file.url} target="_blank" rel="noreferrer">{t("author.media.open")}</a>}
          <Row><Chip>{file.type}</Chip>{file.width && <Chip>{file.width} × {file.height}</Chip>}</Row>
          <Field label={t("author.media.name")} isRequired maxLength={400} value={name} onChange={setName} />
          {file.kind === "image" && <Field label={t("author.field.alt")} hint={t("author.hint.alt")} maxLength={1000} value={alt} onChange={setAlt} />}
          <Segments label={t("author.media.who_sees")} shown options={[{ value: "public", name: t("author.media.public") }, { value: "private", name: t("author.media.private") }]} value={visibility} onChange={setVisibility} />
          <Row between>
            <Button type="submit" look="primary" isDisabled={save.isPending}>{t("author.save")}</Button>
            <Button look="danger" isDisabled={remove.isPending} onPress={() => remove.mutate()}>{t("author.delete")}</Button>
          </Row>
        </Stack>
      </form>
    </Dialog>
  );
}

// Files on their way: chosen or dropped, with how far each is; one that failed goes on where it stopped.

import { useQueryClient } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { DropZone, FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Bar, Button, explain } from "../../app/ui";
import { type FileOut, send } from "../../app/upload";
import css from "../author.module.css";

interface Row {
  id: number;
  file: File;
  share: number;
  error: string | null;
  uploadId: string | undefined;
}

interface Props {
  courseId: string | null;
  accept?: readonly string[];
  onDone?: (file: FileOut) => void;
}

export function Uploader({ courseId, accept, onDone }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [rows, setRows] = useState<readonly Row[]>([]);
  const last = useRef(0);
  const change = (id: number, part: Partial<Row>) => setRows((all) => all.map((row) => (row.id === id ? { ...row, ...part } : row)));
  const isSending = rows.some((row) => row.error === null);
  useEffect(() => {
    if (!isSending) return undefined;
    const leave = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", leave);
    return () => removeEventListener("beforeunload", leave);
  }, [isSending]);
  const isThere = useRef(true);
  useEffect(() => {
    isThere.current = true;
    return () => {
      isThere.current = false;
    };
  }, []);
  const go = async ({ id, file, uploadId }: Pick<Row, "id" | "file" | "uploadId">) => {
    change(id, { error: null });
    try {
      const made = await send({ file, purpose: "course", courseId, uploadId, onBegun: (begun) => change(id, { uploadId: begun }), onProgress: (share) => change(id, { share }) });
      setRows((all) => all.filter((row) => row.id !== id));
      await client.invalidateQueries({ queryKey: ["get", "/api/v1/media"] });
      void client.invalidateQueries({ queryKey: ["get", "/api/v1/media/usage"] });
      // Whoever has closed the list has chosen something else, or nothing.
      if (isThere.current) onDone?.(made);
    } catch (error) {
      change(id, { error: explain(error, t) });
    }
  };
  const take = (files: readonly File[]) => {
    const fresh = files.map((file) => ({ id: ++last.current, file, share: 0, error: null, uploadId: undefined }));
    setRows((all) => [...all, ...fresh]);
    for (const row of fresh) void go(row);
  };
  return (
    <>
      <DropZone
        className={css.drop ?? ""} aria-label={t("author.media.drop")}
        onDrop={(event) => void Promise.all(event.items.flatMap((item) => (item.kind === "file" ? [item.getFile()] : []))).then(take)}
      >
        <Upload aria-hidden size={22} />
        <span>{t("author.media.drop")}</span>
        <FileTrigger allowsMultiple {...(accept ? { acceptedFileTypes: accept } : {})} onSelect={(files) => take([...(files ?? [])])}><Button small>{t("author.media.choose_files")}</Button></FileTrigger>
      </DropZone>
      {rows.length > 0 && (
        <ul className={css.list} aria-live="polite">
          {rows.map((row) => (
            <li key={row.id} className={css.sending}>
              <span>{row.file.name}{row.share >= 1 && !row.error && <span className={css.softLine}>{t("author.media.checking")}</span>}</span>
              {row.error ? (
                <span className={css.sendingEnd}><span className={css.bad}>{row.error}</span><Button small onPress={() => void go(row)}>{t("author.media.again")}</Button></span>
              ) : <Bar share={row.share} label={t("author.media.sending", { name: row.file.name })} />}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

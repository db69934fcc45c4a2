// A file that a course names: chosen out of one's own, or uploaded on the spot.

import { Image as Picture, Volume2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { queries } from "../../app/api";
import { Answer, Button, css as ui, Dialog } from "../../app/ui";
import css from "../author.module.css";
import type { FileOut } from "../../app/upload";
import { Uploader } from "./Uploader";

type Kind = FileOut["kind"];

interface Props {
  label: string;
  courseId: string;
  kind?: Kind | undefined;
  /** `sha256:…`, or nothing. */
  value: string;
  isReadOnly: boolean;
  error: string | undefined;
  onChange: (ref: string) => void;
}

/** Where everybody sees a file that is public. */
export const pathOf = (ref: string) => `/media/${ref.slice("sha256:".length)}`;

export function MediaField({ label, courseId, kind, value, isReadOnly, error, onChange }: Props) {
  const { t } = useTranslation();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <div className={ui.field} role="group" aria-label={label}>
      <span className={ui.label}>{label}</span>
      <div className={css.mediaRow}>
        {value && (kind === "image" ? <img className={css.thumb} src={`${pathOf(value)}/320`} alt="" /> : kind === "audio" ? <audio controls preload="none" src={pathOf(value)} /> : <a href={pathOf(value)} target="_blank" rel="noreferrer">{t("author.media.open")}</a>)}
        {!isReadOnly && <Button small onPress={() => setIsOpen(true)}>{kind === "audio" ? <Volume2 aria-hidden size={16} /> : <Picture aria-hidden size={16} />}{t(value ? "author.media.other" : "author.media.choose")}</Button>}
        {value && !isReadOnly && <Button small look="quiet" onPress={() => onChange("")}>{t("author.media.none")}</Button>}
      </div>
      {error && <p className={ui.error} role="alert">{error}</p>}
      <Dialog title={label} isOpen={isOpen} onClose={() => setIsOpen(false)}>
        <Chooser courseId={courseId} kind={kind} onChoose={(file) => { onChange(file.ref); setIsOpen(false); }} />
      </Dialog>
    </div>
  );
}

function Chooser({ courseId, kind, onChoose }: { courseId: string; kind: Kind | undefined; onChoose: (file: FileOut) => void }) {
  const { t } = useTranslation();
  const files = queries.useQuery("get", "/api/v1/media", { params: { query: { purpose: "course", limit: 60, ...(kind ? { kind } : {}) } } });
  return (
    <>
      <Uploader courseId={courseId} {...(kind ? { accept: [`${kind}/*`] } : {})} onDone={onChoose} />
      <Answer of={files}>
        {({ items }) => (items.length === 0 ? <p>{t("author.media.empty")}</p> : (
          <ul className={css.files}>
            {items.map((file) => (
              <li key={file.id}><button type="button" className={css.file} onClick={() => onChoose(file)}>{file.kind === "image" ? <img className={css.thumb} src={file.pictures[0]?.url ?? file.url} alt="" /> : <Volume2 aria-hidden />}<span>{file.name}</span></button></li>
            ))}
          </ul>
        ))}
      </Answer>
    </>
  );
}

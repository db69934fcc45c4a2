// One's picture: chosen, cut to a square by the server, or taken away.

import { useTranslation } from "react-i18next";
import { Button as AriaButton, FileTrigger } from "react-aria-components";
import { api, body, Offline, type Schemas } from "../app/api";
import { useMutation } from "../app/mutation";
import { Button, css as ui, Row } from "../app/ui";
import { Face } from "../app/ui/face";
import { say } from "../app/ui/toasts";
import css from "./account.module.css";
import { usePatch } from "./Profile";
import { Unfit, useTold } from "./reason";

type Upload = Schemas["UploadOut"];
const TYPES = ["image/png", "image/jpeg", "image/webp", "image/avif", "image/gif"];
const ASK_AGAIN_MS = 300;

export function Picture({ of: { name, avatar: picture, wears } }: { of: Schemas["OwnProfileOut"] }) {
  const { t } = useTranslation();
  const tell = useTold();
  const patch = usePatch();
  const send = useMutation({
    mutationFn: async (file: File) => patch.mutateAsync({ avatar_file_id: await uploaded(file) }),
    onError: tell,
    onSuccess: () => say(t("act.saved")),
  });
  const busy = { "data-busy": send.isPending || patch.isPending || undefined };
  return (
    <Row>
      <Face name={name} picture={picture} size={88} frame={wears.frame} />
      <FileTrigger acceptedFileTypes={TYPES} onSelect={(files) => files?.[0] && send.mutate(files[0])}>
        <AriaButton className={ui.button ?? ""} {...busy}>{t(picture ? "account.picture_other" : "account.picture_add")}</AriaButton>
      </FileTrigger>
      {picture && <Button look="quiet" {...busy} onPress={() => patch.mutate({ avatar_file_id: null }, { onError: tell })}>{t("account.picture_none")}</Button>}
      <small role="status" className={css.soft}>{t(send.isPending ? "account.picture_sent" : "account.picture_hint")}</small>
    </Row>
  );
}

/** The id of the file, once the server has looked at it. */
async function uploaded(file: File): Promise<string> {
  const about = { name: file.name || "picture", size_bytes: file.size, type: file.type, purpose: "avatar" as const };
  let upload = await body(api.POST("/api/v1/media/uploads", { body: about }));
  const path = { upload_id: upload.id };
  if (upload.state === "open") {
    for (const part of upload.parts) await sent(upload, part, file);
    upload = await body(api.POST("/api/v1/media/uploads/{upload_id}/complete", { params: { path } }));
  }
  while (upload.state === "processing") {
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    upload = await body(api.GET("/api/v1/media/uploads/{upload_id}", { params: { path } }));
  }
  if (!upload.file) throw new Unfit(upload.failure);
  return upload.file.id;
}

/** Where the house keeps files elsewhere, a form's fields stand for what the address may be used for. */
async function sent({ method, headers }: Upload, { url, offset, size_bytes, fields }: Upload["parts"][number], file: File): Promise<void> {
  const piece = file.slice(offset, offset + size_bytes);
  const form = new FormData();
  for (const [name, value] of Object.entries(fields ?? {})) form.append(name, value);
  form.append("file", piece);
  const answer = await fetch(url, { method, headers, body: fields ? form : piece }).catch((error: unknown) => {
    throw new Offline(String(error));
  });
  if (!answer.ok) throw new Unfit(null);
}

// One's picture: chosen, cut to a square by the server, or taken away.

import { useTranslation } from "react-i18next";
import { Button as AriaButton, FileTrigger } from "react-aria-components";
import type { Schemas } from "../app/api";
import { useMutation } from "../app/mutation";
import { Button, css as ui, Row } from "../app/ui";
import { Face } from "../app/ui/face";
import { say } from "../app/ui/toasts";
import { send } from "../app/upload";
import css from "./account.module.css";
import { usePatch } from "./Profile";
import { useTold } from "./reason";

const TYPES = ["image/png", "image/jpeg", "image/webp", "image/avif", "image/gif"];

export function Picture({ of: { name, avatar: picture, wears } }: { of: Schemas["OwnProfileOut"] }) {
  const { t } = useTranslation();
  const tell = useTold();
  const patch = usePatch();
  const bring = useMutation({
    mutationFn: async (file: File) => patch.mutateAsync({ avatar_file_id: (await send({ file, purpose: "avatar" })).id }),
    onError: tell,
    onSuccess: () => say(t("act.saved")),
  });
  const busy = { "data-busy": bring.isPending || patch.isPending || undefined };
  return (
    <Row>
      <Face name={name} picture={picture} size={88} frame={wears.frame} />
      <FileTrigger acceptedFileTypes={TYPES} onSelect={(files) => files?.[0] && bring.mutate(files[0])}>
        <AriaButton className={ui.button ?? ""} {...busy}>{t(picture ? "account.picture_other" : "account.picture_add")}</AriaButton>
      </FileTrigger>
      {picture && <Button look="quiet" {...busy} onPress={() => patch.mutate({ avatar_file_id: null }, { onError: tell })}>{t("account.picture_none")}</Button>}
      <small role="status" className={css.soft}>{t(bring.isPending ? "account.picture_sent" : "account.picture_hint")}</small>
    </Row>
  );
}

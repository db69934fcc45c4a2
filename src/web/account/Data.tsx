// What is held about somebody: a copy of it, and an end to it.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, queries, type Schemas } from "../app/api";
import { download } from "../app/download";
import { useFormat } from "../app/format";
import { useMutation } from "../app/mutation";
import { ended } from "../app/session";
import { Answer, Bar, Button, Card, Dialog, Field, Notice, Row, Stack } from "../app/ui";
import { say } from "../app/ui/toasts";
import css from "./account.module.css";
import { forgetPush } from "./push";
import { useReason, useTold, worthAWord } from "./reason";
import { proven } from "./stepup";

type Copy = Schemas["ExportOut"];
const ASK_AGAIN_MS = 2_000;
/** As the server wants to hear it. */
const CONFIRMATION = "delete my account";

export function Data() {
  return (
    <Stack>
      <Copies />
      <Deletion />
    </Stack>
  );
}

function Copies() {
  const { t } = useTranslation();
  const tell = useTold();
  const copies = queries.useQuery("get", "/api/v1/auth/me/exports", {}, {
    refetchInterval: ({ state }) => (state.data?.items.some(isUnderWay) ? ASK_AGAIN_MS : false),
  });
  const ask = useMutation({
    mutationFn: () => proven(() => api.POST("/api/v1/auth/me/exports")),
    onError: tell,
    onSuccess: () => copies.refetch(),
  });
  return (
    <Card aria-label={t("data.copy")}>
      <Stack>
        <div className={css.what}><h2>{t("data.copy")}</h2><small>{t("data.copy_about")}</small></div>
        <Answer of={copies} lines={2}>
          {({ items }) => (
            <>
              {items.length > 0 && <ul className={css.lines}>{items.map((copy) => <Line key={copy.id} copy={copy} />)}</ul>}
              <Row><Button isDisabled={items.some(isUnderWay)} data-busy={ask.isPending || undefined} onPress={() => ask.mutate()}>{t("data.copy_ask")}</Button></Row>
            </>
          )}
        </Answer>
      </Stack>
    </Card>
  );
}

const isUnderWay = ({ state }: Copy) => state === "waiting" || state === "running";

function Line({ copy }: { copy: Copy }) {
  const { t } = useTranslation();
  const format = useFormat();
  const tell = useTold();
  const fetchIt = useMutation({
    mutationFn: () => proven(() => download(`/api/v1/auth/me/exports/${copy.id}/file`, `lyceum-${copy.asked_at.slice(0, 10)}.zip`)),
    onError: tell,
    onSuccess: () => say(t("data.copy_fetched")),
  });
  return (
    <li className={css.line}>
      <span className={css.what} aria-live="polite">
        <b>{t("data.copy_of", { date: format.time(copy.asked_at) })}</b>
        <small>{copy.state === "ready" && copy.expires_at ? t("data.copy_until", { date: format.date(copy.expires_at) }) : t(`data.state.${copy.state}`)}</small>
        {isUnderWay(copy) && <Bar share={copy.progress} label={t("data.progress")} />}
      </span>
      {copy.state === "ready" && <Button look="primary" data-busy={fetchIt.isPending || undefined} onPress={() => fetchIt.mutate()}>{t("data.copy_fetch")}</Button>}
    </li>
  );
}

function Deletion() {
  const { t } = useTranslation();
  const reason = useReason();
  const format = useFormat();
  const me = queries.useQuery("get", "/api/v1/auth/me");
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const word = t("data.delete_word");
  const remove = useMutation({
    mutationFn: () => proven(() => body(api.DELETE("/api/v1/auth/me", { body: { confirmation: CONFIRMATION } }))),
    // The server has ended all login sessions.
    onSuccess: async ({ deletion_at }) => {
      await forgetPush().catch(() => undefined);
      say(t("data.deleted", { date: format.date(deletion_at) }));
      ended(null);
    },
  });
  const error = worthAWord(remove.error);
  if (me.data?.deletion_at) return null;
  return (
    <Card aria-label={t("data.delete")}>
      <div className={css.line}>
        <div className={css.what}><h2>{t("data.delete")}</h2><small>{t("data.delete_about")}</small></div>
        <Button look="danger" onPress={() => setOpen(true)}>{t("data.delete_begin")}</Button>
      </div>
      <Dialog title={t("data.delete")} isOpen={isOpen} onClose={() => setOpen(false)}>
        <p>{t("data.delete_means")}</p>
        <Field autoFocus label={t("data.delete_type", { word })} autoComplete="off" value={typed} onChange={setTyped} maxLength={100} />
        {error && <Notice tone="bad">{reason(error)}</Notice>}
        <Button look="danger" wide isDisabled={typed.trim().toLocaleLowerCase() !== word.toLocaleLowerCase()} data-busy={remove.isPending || undefined} onPress={() => remove.mutate()}>{t("data.delete_go")}</Button>
        <Button look="quiet" wide onPress={() => setOpen(false)}>{t("act.cancel")}</Button>
      </Dialog>
    </Card>
  );
}

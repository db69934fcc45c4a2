// One's inbox, live.

import { useQueryClient } from "@tanstack/react-query";
import { Archive, Settings } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import account from "../account/account.module.css";
import { Select } from "../account/controls";
import { BY_CURSOR, Pages } from "../account/Pages";
import { useTold } from "../account/reason";
import { api, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useFrame } from "../app/live";
import { useMutation } from "../app/mutation";
import { Button, ButtonLink, Card, Empty, Row } from "../app/ui";
import css from "./social.module.css";

type Note = Schemas["NotificationOut"];
type Which = "all" | "unread" | "archived";
const PATH = "/api/v1/notifications";
const OURS = /^\/(?!\/)/;
const FOREIGN = /^https?:\/\//;

export function Inbox() {
  const { t } = useTranslation();
  const tell = useTold();
  const client = useQueryClient();
  const [which, setWhich] = useState<Which>("all");
  const query = { ...(which === "unread" && { unread: true }), ...(which === "archived" && { archived: true }) };
  const notes = queries.useInfiniteQuery("get", PATH, { params: { query } }, BY_CURSOR);
  const again = () => client.invalidateQueries({ predicate: ({ queryKey: [, path] }) => path === PATH || path === `${PATH}/unread-count` });
  useFrame("notification.created", () => void notes.refetch());
  useFrame("notification.read", () => void again());
  const first = notes.data?.pages[0];
  const readAll = useMutation({
    // Nothing that came since this was shown.
    mutationFn: () => api.POST("/api/v1/notifications/read-all", { params: { query: { up_to: first?.items[0]?.id ?? null } } }),
    onError: tell,
    onSettled: again,
  });
  const choices = (["all", "unread", "archived"] as const).map((id) => ({ id, name: t(`inbox.which.${id}`) }));
  return (
    <div className={account.page}>
      <Row between>
        <h1>{t("nav.notifications")}</h1>
        <ButtonLink small look="quiet" href="/account/notifications"><Settings aria-hidden size={18} />{t("inbox.settings")}</ButtonLink>
      </Row>
      <Row between>
        <Select bare label={t("inbox.show")} choices={choices} value={which} onChange={(id) => setWhich(id as Which)} />
        <Button small isDisabled={!first?.unread} data-busy={readAll.isPending || undefined} onPress={() => readAll.mutate()}>{t("inbox.read_all")}</Button>
      </Row>
      <div aria-live="polite">
        <Pages of={notes} empty={<Empty title={t(`inbox.none.${which}`)} />}>
          {(items) => <Card aria-label={t("nav.notifications")}><ul>{items.map((note) => <Line key={note.id} note={note} onChange={again} />)}</ul></Card>}
        </Pages>
      </div>
    </div>
  );
}

function Line({ note, onChange }: { note: Note; onChange: () => unknown }) {
  const { t } = useTranslation();
  const format = useFormat();
  const tell = useTold();
  const params = { path: { notification_id: note.id } };
  const read = useMutation({ mutationFn: () => api.POST("/api/v1/notifications/{notification_id}/read", { params }), onSettled: onChange });
  const archive = useMutation({ mutationFn: () => api.POST("/api/v1/notifications/{notification_id}/archive", { params }), onError: tell, onSettled: onChange });
  const isUnread = note.read_at === null;
  const see = () => {
    if (isUnread) read.mutate();
  };
  const text = (
    <>
      <b>{isUnread && <span className="visually-hidden">{t("inbox.unread")} </span>}{note.title}</b>
      {note.body && <span>{note.body}</span>}
      <small>{format.relative(note.created_at)}</small>
    </>
  );
  return (
    <li className={css.note}>
      <span className={css.dot} data-unread={isUnread} />
      {OURS.test(note.url) ? (
        <Link to={note.url} onClick={see}>{text}</Link>
      ) : FOREIGN.test(note.url) ? (
        <a href={note.url} target="_blank" rel="noreferrer" onClick={see}>{text}</a>
      ) : (
        <span className={css.noteText}>{text}</span>
      )}
      <Row>
        {isUnread && <Button small look="quiet" onPress={see}>{t("inbox.read")}</Button>}
        {note.archived_at === null && <Button small look="quiet" aria-label={t("inbox.archive", { title: note.title })} data-busy={archive.isPending || undefined} onPress={() => archive.mutate()}><Archive aria-hidden size={18} /></Button>}
      </Row>
    </li>
  );
}

// What a class's teachers set: its name, the code that opens it, and whether it goes on. And what they tell everybody.

import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, queries, type Schemas } from "../../app/api";
import { useFormat } from "../../app/format";
import { useMutation } from "../../app/mutation";
import { Answer, Button, Card, Chip, css as ui, explain, Field, Notice, Row, Stack } from "../../app/ui";
import { say, useComplaint } from "../../app/ui/toasts";
import css from "../game.module.css";

type Classroom = Schemas["ClassroomOut"];

export function Manage({ classroom }: { classroom: Classroom }) {
  return (
    <Stack>
      {!classroom.archived_at && <Code classroom={classroom} />}
      {!classroom.archived_at && <Tell classroom={classroom} />}
      {classroom.role === "teacher" && <Settings classroom={classroom} />}
    </Stack>
  );
}

function useAgain(): () => void {
  const queryClient = useQueryClient();
  return () => void queryClient.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/api/v1/classrooms") });
}

function Code({ classroom: { id, code } }: { classroom: Classroom }) {
  const { t } = useTranslation();
  const settled = { onError: useComplaint(), onSettled: useAgain() };
  const of = { params: { path: { classroom_id: id } } };
  const renew = useMutation({ mutationFn: () => api.POST("/api/v1/classrooms/{classroom_id}/code", of), ...settled });
  const drop = useMutation({ mutationFn: () => api.DELETE("/api/v1/classrooms/{classroom_id}/code", of), ...settled });
  const busy = renew.isPending || drop.isPending;
  const copy = async () => {
    await navigator.clipboard.writeText(code ?? "");
    say(t("game.copied"));
  };
  return (
    <Card>
      <Stack>
        <h2>{t("game.classes.code")}</h2>
        <p className={css.soft}>{t(code ? "game.classes.code_about" : "game.classes.no_code")}</p>
        {code && <p className={css.code}>{code}</p>}
        <Row>
          {code && <Button look="primary" onPress={() => void copy()}>{t("game.copy")}</Button>}
          <Button isDisabled={busy} onPress={() => renew.mutate()}>{t(code ? "game.classes.renew" : "game.classes.new_code")}</Button>
          {code && <Button look="quiet" isDisabled={busy} onPress={() => drop.mutate()}>{t("game.classes.drop")}</Button>}
        </Row>
      </Stack>
    </Card>
  );
}

function Settings({ classroom: { id, name, archived_at: archivedAt } }: { classroom: Classroom }) {
  const { t } = useTranslation();
  const [written, setWritten] = useState(name);
  const again = useAgain();
  const change = useMutation({
    mutationFn: (changed: Schemas["ClassroomPatch"]) => api.PATCH("/api/v1/classrooms/{classroom_id}", { params: { path: { classroom_id: id } }, body: changed }),
    onSuccess: () => say(t("game.saved")),
    onError: useComplaint(),
    onSettled: again,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ name: written });
  };
  return (
    <Card>
      <Stack>
        <h2>{t("game.classes.settings")}</h2>
        <form onSubmit={submit} className={ui.inline}>
          <Field label={t("field.name")} value={written} onChange={setWritten} isRequired maxLength={80} />
          <Button type="submit" isDisabled={change.isPending || written === name}>{t("game.save")}</Button>
        </form>
        <p className={css.soft}>{t("game.classes.archive_about")}</p>
        <div><Button look={archivedAt ? "plain" : "danger"} isDisabled={change.isPending} onPress={() => change.mutate({ archived: !archivedAt })}>{t(archivedAt ? "game.classes.reopen" : "game.classes.archive")}</Button></div>
      </Stack>
    </Card>
  );
}

/** News for everybody in the class. */
function Tell({ classroom: { id } }: { classroom: Classroom }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [title, setTitle] = useState("");
  const [text, setText] = useState("");
  const of = { params: { path: { classroom_id: id } } };
  const told = queries.useQuery("get", "/api/v1/classrooms/{classroom_id}/announcements", of);
  const send = useMutation({
    mutationFn: async () => {
      const draft = await body(api.POST("/api/v1/classrooms/{classroom_id}/announcements", { ...of, body: { title, body: text, url: `/classes/${id}` } }));
      await api.POST("/api/v1/classrooms/{classroom_id}/announcements/{announcement_id}/send", { params: { path: { classroom_id: id, announcement_id: draft.id } } });
    },
    onSuccess: () => {
      setTitle("");
      setText("");
      say(t("game.classes.told"));
    },
    onSettled: () => told.refetch(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send.mutate();
  };
  return (
    <Card>
      <Stack>
        <h2>{t("game.classes.tell")}</h2>
        <form onSubmit={submit} className={ui.stack}>
          <Field label={t("game.classes.tell_title")} value={title} onChange={setTitle} isRequired maxLength={120} />
          <Field label={t("game.classes.tell_text")} value={text} onChange={setText} isRequired lines={3} maxLength={2000} />
          {send.error && <Notice tone="bad">{explain(send.error, t)}</Notice>}
          <div><Button type="submit" isDisabled={send.isPending}>{t("game.classes.tell_do")}</Button></div>
        </form>
        <Answer of={told} lines={1}>
          {({ items }) => items.length > 0 && (
            <ul className={css.list}>
              {items.map((one) => <li key={one.id}><span><strong>{one.title}</strong> <span className={css.soft}>{format.time(one.sent_at ?? one.created_at)}</span></span><Chip>{t(`game.classes.news_${one.state}`)}</Chip></li>)}
            </ul>
          )}
        </Answer>
      </Stack>
    </Card>
  );
}

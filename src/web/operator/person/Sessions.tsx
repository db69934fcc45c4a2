import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queries } from "../../app/api";
import { Answer, Button, Empty, Row } from "../../app/ui";
import { say } from "../../app/ui/toasts";
import { Ask, Do } from "../acting";
import css from "../operator.module.css";
import { Ago, Table } from "../parts";

/** Where somebody is logged in. */
export function Sessions({ userId }: { userId: string }) {
  const { t } = useTranslation();
  const path = { user_id: userId };
  const sessions = queries.useQuery("get", "/api/v1/admin/users/{user_id}/sessions", { params: { path } });
  const [asking, setAsking] = useState(false);
  const end = (session_id: string) => api.DELETE("/api/v1/admin/users/{user_id}/sessions/{session_id}", { params: { path: { ...path, session_id } } });
  const ended = () => {
    say(t("operate.sessions.ended"));
    return sessions.refetch();
  };
  return (
    <Answer of={sessions}>
      {({ items }) => (items.length === 0 ? <Empty title={t("operate.sessions.none")} /> : (
        <>
          <Table
            label={t("operate.sessions.title")}
            items={items}
            id={(session) => session.id}
            columns={[
              { name: t("operate.sessions.device"), show: (session) => <span className={css.name}>{session.device}</span> },
              { name: t("operate.sessions.method"), wide: true, show: (session) => t(`operate.method.${session.method}`, { defaultValue: session.method }) },
              { name: t("operate.people.seen"), show: (session) => <Ago at={session.last_seen_at} /> },
              { name: "", end: true, show: (session) => <Do act={t("operate.sessions.end")} on={session.device} onAct={() => end(session.id)} onDone={ended} /> },
            ]}
          />
          <Row><Button look="danger" onPress={() => setAsking(true)}>{t("operate.sessions.end_all")}</Button></Row>
          {asking && (
            <Ask
              title={t("operate.sessions.end_all_title")} why={t("operate.sessions.end_all_why")} act={t("operate.sessions.end_all")} danger
              onClose={() => setAsking(false)} onAct={() => api.DELETE("/api/v1/admin/users/{user_id}/sessions", { params: { path } })} onDone={ended}
            />
          )}
        </>
      ))}
    </Answer>
  );
}

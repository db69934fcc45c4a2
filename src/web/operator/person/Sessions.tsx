import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, queries } from "../../app/api";
import { Answer, Button, Empty, Row } from "../../app/ui";
import { say, useComplaint } from "../../app/ui/toasts";
import css from "../operator.module.css";
import { Act, Ago, Table } from "../parts";

/** Where somebody is logged in. */
export function Sessions({ userId }: { userId: string }) {
  const { t } = useTranslation();
  const complain = useComplaint();
  const path = { user_id: userId };
  const sessions = queries.useQuery("get", "/api/v1/admin/users/{user_id}/sessions", { params: { path } });
  const end = useMutation({
    mutationFn: async (session_id: string | null) => {
      if (session_id) await api.DELETE("/api/v1/admin/users/{user_id}/sessions/{session_id}", { params: { path: { ...path, session_id } } });
      else await api.DELETE("/api/v1/admin/users/{user_id}/sessions", { params: { path } });
    },
    onSuccess: () => {
      say(t("operate.sessions.ended"));
      return sessions.refetch();
    },
    onError: complain,
  });
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
              { name: "", end: true, show: (session) => <Act act={t("operate.sessions.end")} on={session.device} isDisabled={end.isPending} onPress={() => end.mutate(session.id)} /> },
            ]}
          />
          <Row><Button look="danger" isDisabled={end.isPending} onPress={() => end.mutate(null)}>{t("operate.sessions.end_all")}</Button></Row>
        </>
      ))}
    </Answer>
  );
}

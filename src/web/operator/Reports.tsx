// What people reported about each other, the oldest first.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { Select } from "../account/controls";
import { api, queries, type Schemas } from "../app/api";
import { Button, Chip, Field, Row } from "../app/ui";
import { useComplaint } from "../app/ui/toasts";
import css from "./operator.module.css";
import { Ago, Ask, Head, PAGES, Pages, Who } from "./parts";

type Report = Schemas["ReportOut"];
type State = Report["state"];
const STATES: readonly State[] = ["open", "reviewing", "resolved", "dismissed"];

function useHandled() {
  const client = useQueryClient();
  return async (report_id: string, state: State, note: string) => {
    await api.PATCH("/api/v1/reports/{report_id}", { params: { path: { report_id } }, body: { state, note } });
    await client.invalidateQueries({ queryKey: ["get", "/api/v1/reports"] });
  };
}

export function Reports() {
  const { t } = useTranslation();
  const complain = useComplaint();
  const handled = useHandled();
  const [address, setAddress] = useSearchParams();
  const state = STATES.find((one) => one === address.get("state")) ?? "open";
  const [closing, setClosing] = useState<{ report: Report; state: State } | null>(null);
  const reports = queries.useInfiniteQuery("get", "/api/v1/reports", { params: { query: { state } } }, PAGES);
  const take = useMutation({ mutationFn: (report: Report) => handled(report.id, "reviewing", report.note), onError: complain });
  return (
    <>
      <Head title={t("operate.place.reports")} lead={t("operate.reports.lead")} />
      <div className={css.filters}>
        <Select label={t("operate.state")} value={state} onChange={(id) => setAddress({ state: id })} choices={STATES.map((id) => ({ id, name: t(`operate.reports.${id}`) }))} />
      </div>
      <Pages
        of={reports} label={t("operate.place.reports")} empty={t("operate.reports.none")} id={(report) => report.id}
        columns={[
          { name: t("operate.reports.about"), show: (report) => <><span className={css.name}>{report.shown_name}</span> <Who id={report.reported_id} /><div className={css.soft}>{report.shown_bio}</div></> },
          { name: t("operate.reason"), show: (report) => <><Chip tone="warn">{t(`operate.reports.reason_${report.reason}`, { defaultValue: report.reason })}</Chip><div className={css.soft}>{report.text || report.note}</div></> },
          { name: t("operate.reports.by"), wide: true, show: (report) => <><Who id={report.reporter_id} /> <Ago at={report.created_at} /></> },
          {
            name: "", end: true,
            show: (report) => (report.state === "open" || report.state === "reviewing") && (
              <Row>
                {report.state === "open" && <Button small isDisabled={take.isPending} onPress={() => take.mutate(report)}>{t("operate.reports.take")}</Button>}
                <Button small look="danger" onPress={() => setClosing({ report, state: "resolved" })}>{t("operate.reports.uphold")}</Button>
                <Button small onPress={() => setClosing({ report, state: "dismissed" })}>{t("operate.reports.dismiss")}</Button>
              </Row>
            ),
          },
        ]}
      />
      {closing && <Closing {...closing} onClose={() => setClosing(null)} />}
    </>
  );
}

function Closing({ report, state, onClose }: { report: Report; state: State; onClose: () => void }) {
  const { t } = useTranslation();
  const handled = useHandled();
  const [note, setNote] = useState(report.note);
  const act = t(state === "resolved" ? "operate.reports.uphold" : "operate.reports.dismiss");
  return (
    <Ask title={t("operate.reports.close_title", { name: report.shown_name })} act={act} danger={state === "resolved"} onClose={onClose} onAct={() => handled(report.id, state, note)}>
      <Field label={t("operate.reports.note")} lines={3} maxLength={1000} value={note} onChange={setNote} />
    </Ask>
  );
}

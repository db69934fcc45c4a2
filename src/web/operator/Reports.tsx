// What people reported about each other, the oldest first.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Select } from "../account/controls";
import { api, queries, type Schemas } from "../app/api";
import { Chip, Field, Row } from "../app/ui";
import { Act, Ask, Do, useRefresh } from "./acting";
import css from "./operator.module.css";
import { Ago, Head, PAGES, Pages, useFilters, Who } from "./parts";

type Report = Schemas["ReportOut"];
type State = Report["state"];
const STATES: readonly State[] = ["open", "reviewing", "resolved", "dismissed"];

function handled(report: Report, state: State, note: string) {
  return api.PATCH("/api/v1/reports/{report_id}", { params: { path: { report_id: report.id } }, body: { state, note } });
}

export function Reports() {
  const { t } = useTranslation();
  const refresh = useRefresh("/api/v1/reports");
  const [address, choose] = useFilters();
  const state = STATES.find((one) => one === address.get("state")) ?? "open";
  const [closing, setClosing] = useState<{ report: Report; state: State } | null>(null);
  const reports = queries.useInfiniteQuery("get", "/api/v1/reports", { params: { query: { state } } }, PAGES);
  return (
    <>
      <Head title={t("operate.place.reports")} lead={t("operate.reports.lead")} />
      <div className={css.filters}>
        <Select label={t("operate.state")} value={state} onChange={(id) => choose("state", id)} choices={STATES.map((id) => ({ id, name: t(`operate.reports.${id}`) }))} />
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
                {report.state === "open" && <Do act={t("operate.reports.take")} on={report.shown_name} onAct={() => handled(report, "reviewing", report.note)} onDone={refresh} />}
                <Act act={t("operate.reports.uphold")} on={report.shown_name} look="danger" onPress={() => setClosing({ report, state: "resolved" })} />
                <Act act={t("operate.reports.dismiss")} on={report.shown_name} onPress={() => setClosing({ report, state: "dismissed" })} />
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
  const refresh = useRefresh("/api/v1/reports");
  const [note, setNote] = useState(report.note);
  const act = t(state === "resolved" ? "operate.reports.uphold" : "operate.reports.dismiss");
  return (
    <Ask title={t("operate.reports.close_title", { name: report.shown_name })} act={act} danger={state === "resolved"} onClose={onClose} onAct={() => handled(report, state, note).then(refresh)}>
      <Field label={t("operate.reports.note")} lines={3} maxLength={1000} value={note} onChange={setNote} />
    </Ask>
  );
}

import { useTranslation } from "react-i18next";
import { api, queries } from "../../app/api";
import { Chip } from "../../app/ui";
import { say } from "../../app/ui/toasts";
import { Do, useRefresh } from "../acting";
import css from "../operator.module.css";
import { Ago, PAGES, Pages, whileShort } from "../parts";

const EVERY_MS = 5_000;
const BAD = new Set(["failed", "expired"]);
const GOOD = new Set(["sent", "read", "digested"]);

/** What somebody was told, by which channel, what became of it and why. */
export function Deliveries({ userId }: { userId: string }) {
  const { t } = useTranslation();
  const told = queries.useInfiniteQuery("get", "/api/v1/admin/users/{user_id}/notifications", { params: { path: { user_id: userId } } }, { ...PAGES, refetchInterval: whileShort(EVERY_MS) });
  const refresh = useRefresh("/api/v1/admin/users/{user_id}/notifications");
  const resend = (delivery_id: string) => api.POST("/api/v1/admin/users/{user_id}/notifications/{delivery_id}/resend", { params: { path: { user_id: userId, delivery_id } } });
  const resent = () => {
    say(t("operate.deliveries.resent"));
    return refresh();
  };
  return (
    <Pages
      of={told}
      label={t("operate.deliveries.title")}
      empty={t("operate.deliveries.none")}
      id={(one) => one.id}
      columns={[
        { name: t("operate.deliveries.what"), show: (one) => <><span className={css.name}>{one.title || one.kind}</span>{one.title && <div className={`${css.soft} ${css.code}`}>{one.kind}</div>}</> },
        { name: t("operate.deliveries.channel"), show: (one) => t(`operate.channel.${one.channel}`, { defaultValue: one.channel }) },
        { name: t("operate.state"), show: (one) => <><Chip tone={BAD.has(one.state) ? "bad" : GOOD.has(one.state) ? "good" : "neutral"}>{t(`operate.deliveries.${one.state}`, { defaultValue: one.state })}</Chip><div className={css.soft}>{one.reason}</div></> },
        { name: t("operate.jobs.tries"), end: true, wide: true, show: (one) => one.attempts },
        { name: t("operate.jobs.when"), wide: true, show: (one) => <Ago at={one.settled_at ?? one.created_at} /> },
        { name: "", end: true, show: (one) => BAD.has(one.state) && <Do act={t("operate.deliveries.resend")} on={one.kind} onAct={() => resend(one.id)} onDone={resent} /> },
      ]}
    />
  );
}

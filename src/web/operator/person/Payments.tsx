import { useTranslation } from "react-i18next";
import { queries } from "../../app/api";
import { orderColumns } from "../Orders";
import { PAGES, Pages } from "../parts";
import { useFormat } from "../../app/format";

/** What somebody bought. */
export function Payments({ userId }: { userId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const orders = queries.useInfiniteQuery("get", "/api/v1/admin/users/{user_id}/payments", { params: { path: { user_id: userId } } }, PAGES);
  return <Pages of={orders} label={t("operate.payments.title")} empty={t("operate.orders.none")} id={(order) => order.id} columns={orderColumns(t, format)} />;
}

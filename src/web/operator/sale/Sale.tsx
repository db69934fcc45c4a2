// What is sold: products with their prices, coupons, and which keys need an entitlement.

import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { css as ui } from "../../app/ui";
import { useMay } from "../Operator";
import css from "../operator.module.css";
import { Head, useFilters } from "../parts";
import { Coupons } from "./Coupons";
import { Gates } from "./Gates";
import { Products } from "./Products";

const PANELS = [["products", Products], ["coupons", Coupons], ["gates", Gates]] as const;

export function Sale() {
  const { t } = useTranslation();
  const [address, choose] = useFilters();
  const prices = useMay("admin");
  const panels = PANELS.filter(([id]) => prices || id === "gates");
  const chosen = panels.find(([id]) => id === address.get("tab")) ?? panels[0];
  return (
    <>
      <Head title={t("operate.place.sale")} lead={t("operate.sale.lead")} />
      <Tabs className={css.tabs ?? ""} selectedKey={chosen?.[0] ?? "gates"} onSelectionChange={(tab) => choose("tab", String(tab))}>
        <TabList className={ui.tabs ?? ""} aria-label={t("operate.place.sale")}>
          {panels.map(([id]) => <Tab key={id} id={id} className={ui.tab ?? ""}>{t(`operate.${id}.title`)}</Tab>)}
        </TabList>
        {panels.map(([id, Panel]) => <TabPanel key={id} id={id} className={css.section ?? ""}><Panel /></TabPanel>)}
      </Tabs>
    </>
  );
}

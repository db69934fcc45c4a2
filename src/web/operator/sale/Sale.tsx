// What is sold: products with their prices, coupons, and which keys need an entitlement.

import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { css as ui } from "../../app/ui";
import css from "../operator.module.css";
import { Head } from "../parts";
import { Coupons } from "./Coupons";
import { Gates } from "./Gates";
import { Products } from "./Products";

const PANELS = [["products", Products], ["coupons", Coupons], ["gates", Gates]] as const;

export function Sale() {
  const { t } = useTranslation();
  const [address, setAddress] = useSearchParams();
  return (
    <>
      <Head title={t("operate.place.sale")} lead={t("operate.sale.lead")} />
      <Tabs className={css.tabs ?? ""} selectedKey={address.get("tab") ?? "products"} onSelectionChange={(tab) => setAddress({ tab: String(tab) })}>
        <TabList className={ui.tabs ?? ""} aria-label={t("operate.place.sale")}>
          {PANELS.map(([id]) => <Tab key={id} id={id} className={ui.tab ?? ""}>{t(`operate.${id}.title`)}</Tab>)}
        </TabList>
        {PANELS.map(([id, Panel]) => <TabPanel key={id} id={id} className={css.section ?? ""}><Panel /></TabPanel>)}
      </Tabs>
    </>
  );
}

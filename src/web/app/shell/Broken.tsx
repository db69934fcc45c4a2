// What is shown where a screen is not, or could not be.

import { useTranslation } from "react-i18next";
import { useRouteError } from "react-router";
import { ButtonLink, Empty, Failed } from "../ui";

export function Broken() {
  return <Failed error={useRouteError()} retry={() => location.reload()} />;
}

export function Nowhere() {
  const { t } = useTranslation();
  return <Empty title={t("nowhere.title")}><ButtonLink look="primary" href="/learn">{t("nowhere.home")}</ButtonLink></Empty>;
}

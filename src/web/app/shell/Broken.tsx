// What is shown where a screen is not, or could not be.

import { useTranslation } from "react-i18next";
import { useRouteError } from "react-router";
import { ButtonLink, Empty, Failed } from "../ui";

export function Broken() {
  const error = useRouteError();
  // For whoever looks into it: a person is told that it failed, not how.
  console.error(error);
  return <Failed error={error} retry={() => location.reload()} />;
}

export function Nowhere() {
  const { t } = useTranslation();
  return <Empty title={t("nowhere.title")}><ButtonLink look="primary" href="/learn">{t("nowhere.home")}</ButtonLink></Empty>;
}

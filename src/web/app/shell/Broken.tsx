// What is shown where a screen is not, or could not be.

import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useRouteError } from "react-router";
import { Offline } from "../api";
import { ButtonLink, Empty, Failed, Loading } from "../ui";
import { heal, isMissingPart } from "../version";

export function Broken() {
  const error = useRouteError();
  const [isHealing, setHealing] = useState(false);
  useEffect(() => {
    // For whoever looks into it: a person is told that it failed, not how.
    console.error(error);
    if (isMissingPart(error)) setHealing(heal());
  }, [error]);
  if (isHealing) return <Loading />;
  return <Failed error={isMissingPart(error) && !navigator.onLine ? new Offline() : error} retry={() => location.reload()} />;
}

export function Nowhere() {
  const { t } = useTranslation();
  return <Empty title={t("nowhere.title")}><ButtonLink look="primary" href="/learn">{t("nowhere.home")}</ButtonLink></Empty>;
}

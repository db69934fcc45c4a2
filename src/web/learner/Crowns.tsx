import { Crown } from "lucide-react";
import { useTranslation } from "react-i18next";
import css from "./learn.module.css";

/** How often all lessons of a unit were taken, 1 to 5. */
export function Crowns({ level }: { level: number }) {
  const { t } = useTranslation();
  return <span className={css.crowns} role="img" aria-label={t("learn.level", { level })}><Crown aria-hidden size={15} color="var(--gold)" />{level}</span>;
}

// A banner that cannot be overlooked, while staff look through somebody's eyes. Its texts came with the operator's screens.

import { useEffect, useEffectEvent } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api } from "../api";
import { lookAway, useLogin } from "../session";
import { Button } from "../ui";
import css from "./shell.module.css";

export function LookBanner() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { look, user } = useLogin();
  const end = () => {
    if (!look || !user) return;
    lookAway();
    // It ends by itself in a quarter of an hour, should this not arrive.
    void api.DELETE("/api/v1/admin/impersonations/{session_id}", { params: { path: { session_id: look.sessionId } } }).catch(() => undefined);
    void navigate(`/admin/people/${user.id}`);
  };
  const over = useEffectEvent(end);
  useEffect(() => {
    if (!look) return undefined;
    const timer = setTimeout(() => over(), look.until - Date.now());
    return () => clearTimeout(timer);
  }, [look]);
  if (!look || !user) return null;
  return (
    <div className={css.look} role="status">
      {t("operate.look.banner", { name: user.name })}
      <Button small onPress={end}>{t("operate.look.end")}</Button>
    </div>
  );
}

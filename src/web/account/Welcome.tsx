// The first screen of a visitor: a lesson is two clicks away, without an account.

import { useTranslation } from "react-i18next";
import { Navigate, useNavigate, useSearchParams } from "react-router";
import { useMutation } from "../app/mutation";
import { useLogin } from "../app/session";
import css from "../app/shell/shell.module.css";
import { Button, ButtonLink, Card, Notice, Stack } from "../app/ui";
import { useComplaint } from "../app/ui/toasts";
import { enterAsGuest } from "./entering";

export function Welcome() {
  const { t } = useTranslation();
  const { phase, endedBy } = useLogin();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const start = useMutation({ mutationFn: enterAsGuest, onSuccess: () => navigate("/learn?start"), onError: useComplaint() });
  // A login at another provider that went wrong leads back here.
  if (search.has("error")) return <Navigate to={`/login?${search}`} replace />;
  if (phase === "known") return <Navigate to="/learn" replace />;
  return (
    <main className={css.front}>
      <img src="/icon.svg" width={64} height={64} alt="" />
      <title>{`${t("welcome.title")} – Lyceum`}</title>
      <h1>{t("welcome.title")}</h1>
      <p>{t("welcome.lead")}</p>
      {endedBy && <Notice tone="warn">{t("login.ended")}</Notice>}
      <Card>
        <Stack>
          <Button look="primary" wide data-busy={start.isPending || undefined} onPress={() => start.mutate()}>{t("welcome.start")}</Button>
          <ButtonLink wide href="/login">{t("welcome.login")}</ButtonLink>
          <ButtonLink look="quiet" wide href="/register">{t("welcome.register")}</ButtonLink>
        </Stack>
      </Card>
    </main>
  );
}

// The frame of the pages about one's account.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Outlet } from "react-router";
import { api, queries } from "../app/api";
import { useFormat } from "../app/format";
import { useMutation } from "../app/mutation";
import { leave, useLogin } from "../app/session";
import { Button, ButtonLink, Dialog, Notice, Row } from "../app/ui";
import { say } from "../app/ui/toasts";
import css from "./account.module.css";
import { isGuest, leaveNothing, unsent } from "./entering";
import { forgetPush } from "./push";
import { useTold } from "./reason";
import { StepUp } from "./stepup";
import { Tabs } from "./Tabs";

const TABS = [
  ["/account", "profile"],
  ["/account/learning", "learning"],
  ["/account/security", "security"],
  ["/account/notifications", "notifications"],
  ["/account/data", "data"],
] as const;
/** Of those who may make them. */
const KEYS = ["/account/keys", "keys"] as const;

export function Account() {
  const { t } = useTranslation();
  const user = useLogin((login) => login.user);
  const [waiting, setWaiting] = useState(0);
  const out = useMutation({
    mutationFn: async ({ anyway }: { anyway: boolean }) => {
      const left = anyway ? 0 : await unsent();
      setWaiting(left);
      if (left) return;
      // Whoever logs in here next is not told what was meant for this person.
      await Promise.allSettled([forgetPush(), leaveNothing()]);
      await leave();
    },
  });
  return (
    <div className={css.page}>
      <Row between>
        <h1>{t("nav.account")}</h1>
        <Button small data-busy={out.isPending || undefined} onPress={() => out.mutate({ anyway: false })}>{t("account.log_out")}</Button>
      </Row>
      {isGuest(user) && (
        <Notice tone="warn"><Row between><span>{t("account.guest")}</span><ButtonLink small href="/account/keep">{t("account.guest_keep")}</ButtonLink></Row></Notice>
      )}
      <Leaving />
      <Tabs label={t("account.pages")} pages={[...TABS, ...(user?.roles.includes("admin") ? [KEYS] : [])].map(([to, name]) => [to, t(`account.tab.${name}`)])} />
      <Outlet />
      <StepUp />
      <Dialog title={t("account.unsent", { count: waiting })} isOpen={waiting > 0} onClose={() => setWaiting(0)}>
        <p>{t("account.unsent_about")}</p>
        <Button look="primary" wide onPress={() => setWaiting(0)}>{t("account.unsent_stay")}</Button>
        <Button wide data-busy={out.isPending || undefined} onPress={() => out.mutate({ anyway: true })}>{t("account.unsent_go")}</Button>
      </Dialog>
    </div>
  );
}

/** Says that the account will be erased, and keeps it. */
function Leaving() {
  const { t } = useTranslation();
  const format = useFormat();
  const tell = useTold();
  const me = queries.useQuery("get", "/api/v1/auth/me");
  const stay = useMutation({
    mutationFn: () => api.POST("/api/v1/auth/me/restore"),
    onError: tell,
    onSuccess: () => {
      say(t("account.stays"));
      return me.refetch();
    },
  });
  const at = me.data?.deletion_at;
  if (!at) return null;
  return (
    <Notice tone="warn">
      <Row between>
        <span>{t("account.leaving", { date: format.date(at) })}</span>
        <Button small data-busy={stay.isPending || undefined} onPress={() => stay.mutate()}>{t("account.stay")}</Button>
      </Row>
    </Notice>
  );
}

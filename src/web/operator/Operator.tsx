// The frame of what staff do: the places that their roles open, and the question who they are before what is sensitive.

import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { NavLink, Outlet, useLocation } from "react-router";
import { StepUp } from "../account/stepup";
import { useLogin } from "../app/session";
import { ButtonLink, Empty } from "../app/ui";
import css from "./operator.module.css";

type Role = "admin" | "support" | "moderator";

/** The server decides; this only leaves out what it would refuse. */
const PLACES: readonly { to: string; name: string; roles: readonly Role[] }[] = [
  { to: "/admin", name: "overview", roles: ["admin", "support", "moderator"] },
  { to: "/admin/people", name: "people", roles: ["admin", "support", "moderator"] },
  { to: "/admin/reports", name: "reports", roles: ["admin", "moderator"] },
  { to: "/admin/tickets", name: "tickets", roles: ["admin", "support"] },
  { to: "/admin/orders", name: "orders", roles: ["admin", "support"] },
  { to: "/admin/sale", name: "sale", roles: ["admin", "support"] },
  { to: "/admin/webhooks", name: "webhooks", roles: ["admin"] },
  { to: "/admin/jobs", name: "jobs", roles: ["admin"] },
  { to: "/admin/announcements", name: "announcements", roles: ["admin"] },
  { to: "/admin/mail", name: "mail", roles: ["admin", "support"] },
  { to: "/admin/flags", name: "flags", roles: ["admin"] },
  { to: "/admin/audit", name: "audit", roles: ["admin"] },
];

export function useMay(...roles: Role[]): boolean {
  return useLogin((login) => roles.some((role) => login.user?.roles.includes(role) ?? false));
}

export function Operator() {
  const { t } = useTranslation();
  const held = useLogin((login) => login.user?.roles ?? []);
  const bar = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useEffect(() => {
    bar.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [pathname]);
  const places = PLACES.filter(({ roles }) => roles.some((role) => held.includes(role)));
  if (places.length === 0) return <Empty title={t("operate.not_for_you")}><ButtonLink look="primary" href="/learn">{t("nowhere.home")}</ButtonLink></Empty>;
  const [, , here = ""] = pathname.split("/");
  const opened = places.some(({ to }) => to === (here ? `/admin/${here}` : "/admin"));
  return (
    <div className={css.frame}>
      <nav ref={bar} className={css.places} aria-label={t("operate.places")}>
        {places.map(({ to, name }) => <NavLink key={to} to={to} end={to === "/admin"} className={css.place ?? ""}>{t(`operate.place.${name}`)}</NavLink>)}
      </nav>
      <div className={css.content}>
        {opened ? <Outlet /> : <Empty title={t("operate.not_your_role")}><p>{t("operate.not_your_role_why")}</p></Empty>}
      </div>
      <StepUp />
    </div>
  );
}

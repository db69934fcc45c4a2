// The frame around every screen of somebody who is logged in: where to go, and whether the connection holds.

import { Bell, BookOpen, CreditCard, Ellipsis, GraduationCap, PenTool, School, Settings, ShoppingBag, Sparkles, Swords, Target, Trophy, User, Users, Wrench } from "lucide-react";
import { type ComponentType, lazy, type ReactNode, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, NavLink, Outlet, useLocation } from "react-router";
import { useNewsOfFriends } from "../../social/news";
import { queries } from "../api";
import { useConnection, useFrame } from "../live";
import { useLogin } from "../session";
import { LookBanner } from "./Look";
import { useOnline } from "./online";
import css from "./shell.module.css";

const Returning = lazy(() => import("../../learner/offline/Returning"));
const WornTheme = lazy(() => import("../../game/WornTheme"));

interface Place {
  to: string;
  name: string;
  icon: ComponentType<{ size?: number; "aria-hidden"?: boolean }>;
  /** Only where there is room; on a phone it is behind "more". */
  wideOnly?: boolean;
}

const LEARN: Place[] = [
  { to: "/learn", name: "learn", icon: BookOpen },
  { to: "/practice", name: "practice", icon: Target },
  { to: "/league", name: "league", icon: Trophy },
  { to: "/quests", name: "quests", icon: Swords },
];
const MORE: Place[] = [
  { to: "/courses", name: "courses", icon: GraduationCap, wideOnly: true },
  { to: "/friends", name: "friends", icon: Users, wideOnly: true },
  { to: "/achievements", name: "achievements", icon: Sparkles, wideOnly: true },
  { to: "/shop", name: "shop", icon: ShoppingBag, wideOnly: true },
  { to: "/classes", name: "classes", icon: School, wideOnly: true },
  { to: "/payments", name: "payments", icon: CreditCard, wideOnly: true },
  { to: "/profile", name: "profile", icon: User, wideOnly: true },
];
const STAFF_ROLES = new Set(["admin", "support", "moderator"]);

export function Shell() {
  const { t } = useTranslation();
  const { phase, user } = useLogin();
  const location = useLocation();
  if (phase === "visitor") return <Navigate to="/login" replace state={{ from: location.pathname + location.search }} />;
  const roles = user?.roles ?? [];
  const place = t(`nav.${location.pathname.split("/")[1] ?? ""}`, { defaultValue: "" });
  return (
    <>
      <title>{place ? `${place} – Lyceum` : "Lyceum"}</title>
      <a className={css.skip} href="#main">{t("nav.skip")}</a>
      <LookBanner />
      <ConnectionBanner />
      <Suspense><Returning /><WornTheme /></Suspense>
      <div className={css.shell}>
        <nav className={css.nav} aria-label={t("nav.main")}>
          <NavLink className={css.brand ?? ""} to="/learn"><img src="/icon.svg" width={28} height={28} alt="" />Lyceum</NavLink>
          {[...LEARN, ...MORE].map((place) => <PlaceLink key={place.to} {...place} />)}
          {roles.some((role) => role === "author" || role === "admin") && <PlaceLink to="/author" name="author" icon={PenTool} wideOnly />}
          {roles.some((role) => STAFF_ROLES.has(role)) && <PlaceLink to="/admin" name="admin" icon={Wrench} wideOnly />}
          <span className={css.spacer} />
          <Inbox />
          <PlaceLink to="/account" name="account" icon={Settings} wideOnly />
          <NavLink className={`${css.link} ${css.more}`} to="/more"><Ellipsis aria-hidden size={22} />{t("nav.more")}</NavLink>
        </nav>
        <main className={css.main} id="main" tabIndex={-1}><div className={css.inner}><Outlet /></div></main>
      </div>
    </>
  );
}

function PlaceLink({ to, name, icon: Icon, wideOnly, children }: Place & { children?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <NavLink className={`${css.link} ${wideOnly ? css.wideOnly : ""}`} to={to}>
      <Icon aria-hidden size={22} />{t(`nav.${name}`)}{children}
    </NavLink>
  );
}

/** Everything that the bar of a phone has no room for. */
export function More() {
  const { t } = useTranslation();
  const roles = useLogin((login) => login.user?.roles ?? []);
  const places = [
    ...MORE,
    ...(roles.some((role) => role === "author" || role === "admin") ? [{ to: "/author", name: "author", icon: PenTool }] : []),
    ...(roles.some((role) => STAFF_ROLES.has(role)) ? [{ to: "/admin", name: "admin", icon: Wrench }] : []),
    { to: "/account", name: "account", icon: Settings },
  ];
  return (
    <>
      <h1>{t("nav.more")}</h1>
      <ul>
        {places.map(({ to, name, icon: Icon }) => (
          <li key={to}><NavLink className={css.link ?? ""} style={{ flexDirection: "row", fontSize: "1rem" }} to={to}><Icon aria-hidden size={22} />{t(`nav.${name}`)}</NavLink></li>
        ))}
      </ul>
    </>
  );
}

function Inbox() {
  const { t } = useTranslation();
  const unread = queries.useQuery("get", "/api/v1/notifications/unread-count");
  useFrame("notification.created", () => void unread.refetch());
  useFrame("notification.read", () => void unread.refetch());
  useNewsOfFriends();
  const count = unread.data?.unread ?? 0;
  return (
    <PlaceLink to="/notifications" name="notifications" icon={Bell}>
      {count > 0 && <span className={css.badge} aria-label={t("nav.unread", { count })}>{count > 99 ? "99+" : count}</span>}
    </PlaceLink>
  );
}

/** Says that the network is away, or that live news is late. Nothing is lost meanwhile. */
function ConnectionBanner() {
  const { t } = useTranslation();
  const online = useOnline();
  const state = useConnection((connection) => connection.state);
  const looks = useLogin((login) => login.look !== null);
  if (looks) return null;
  if (!online) return <div className={css.banner} role="status">{t("connection.offline")}</div>;
  if (state.phase === "waiting" && state.forMs > 500) return <div className={css.banner} role="status">{t("connection.waiting")}</div>;
  return null;
}

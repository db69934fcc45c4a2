// Pages of one part, one beside another; where they do not fit, the one that is shown is in sight.

import { useEffect, useRef } from "react";
import { NavLink, useLocation } from "react-router";
import css from "./account.module.css";

export function Tabs({ label, pages }: { label: string; pages: readonly (readonly [to: string, name: string])[] }) {
  const { pathname } = useLocation();
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    nav.current?.querySelector("[aria-current=page]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [pathname]);
  const name = pages.find(([to]) => to === pathname)?.[1];
  return (
    <nav ref={nav} className={css.tabs} aria-label={label}>
      {name && <title>{`${name} – Lyceum`}</title>}
      {pages.map(([to, name]) => <NavLink key={to} end className={css.tab ?? ""} to={to}>{name}</NavLink>)}
    </nav>
  );
}

// What happens between two screens. Invariant: whoever goes somewhere by keyboard or screen reader is there afterwards,
// and not on a link that is gone.

import { useEffect, useRef } from "react";
import { useLocation, useNavigationType } from "react-router";
import { goOnNewest } from "./version";

export function useArrival(): void {
  const { pathname } = useLocation();
  const kind = useNavigationType();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    goOnNewest();
    // Going back, the browser knows where one was.
    if (kind !== "POP") scrollTo({ top: 0 });
    const active = document.activeElement;
    // The screen may have chosen already, and tabs that are addresses keep it.
    if (active && active !== document.body && !active.closest("nav")) return;
    const main = document.querySelector<HTMLElement>("main");
    main?.setAttribute("tabindex", "-1");
    main?.focus({ preventScroll: true });
  }, [pathname, kind]);
}

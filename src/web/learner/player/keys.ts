// Keys that hold for the whole screen, whatever has the focus.

import { useEffect, useEffectEvent } from "react";

/** Hears what is pressed while the component is there, but for dialogs, letters that are put together, and a key that
 * is held down. */
export function useKeys(press: (event: KeyboardEvent, target: HTMLElement) => unknown): void {
  const pressed = useEffectEvent(press);
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.defaultPrevented || event.isComposing || event.repeat || target.closest("[role=dialog]")) return;
      pressed(event, target);
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, []);
}

/** Enter where nothing has the focus that takes it for itself. */
export function useEnter(go: () => void): void {
  useKeys((event, target) => {
    if (event.key !== "Enter" || target.closest("button, a, select")) return;
    event.preventDefault();
    go();
  });
}

/** Of a digit, 1 to 9; 0 for any other key, and where it is typed or part of a shortcut. */
export function digitOf(event: KeyboardEvent, target: HTMLElement): number {
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select")) return 0;
  return /^[1-9]$/.test(event.key) ? Number(event.key) : 0;
}

// Lines that change places glide to where they are now, unless somebody wants no motion.

import { type RefObject, useLayoutEffect, useRef } from "react";

const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const GLIDE = { duration: 450, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" };

/** For a box whose lines have `data-line`. */
export function useMoves(): RefObject<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null);
  const places = useRef(new Map<string, number>());
  useLayoutEffect(() => {
    const now = new Map<string, number>();
    for (const line of box.current?.querySelectorAll<HTMLElement>("[data-line]") ?? []) {
      const id = line.dataset.line ?? "";
      const before = places.current.get(id);
      now.set(id, line.offsetTop);
      if (before !== undefined && before !== line.offsetTop && !STILL.matches) {
        line.animate([{ transform: `translateY(${before - line.offsetTop}px)` }, { transform: "none" }], GLIDE);
      }
    }
    places.current = now;
  });
  return box;
}

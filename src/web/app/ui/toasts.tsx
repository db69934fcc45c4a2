// Short messages that come and go, also read to whoever does not see them.

import { useTranslation } from "react-i18next";
import { create } from "zustand";
import { css, explain } from "./index";

const SHOWN_MS = 5_000;
/** Whoever reads slowly reads about so fast. */
const MS_PER_LETTER = 60;
/** Where there is something to press. */
const OFFERED_MS = 15_000;

interface Offer {
  name: string;
  act: () => void;
}

interface Toast {
  id: number;
  text: string;
  offer: Offer | undefined;
}

const useToasts = create<{ toasts: Toast[] }>(() => ({ toasts: [] }));
let last = 0;

/** With `offer`, also something to do about it: "Undo". */
export function say(text: string, offer?: Offer): void {
  const id = ++last;
  // What is said again is said once.
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts.filter((one) => one.text !== text).slice(-2), { id, text, offer }] }));
  setTimeout(() => away(id), Math.max(offer ? OFFERED_MS : SHOWN_MS, text.length * MS_PER_LETTER));
}

const away = (id: number) => useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((one) => one.id !== id) }));

/** For `onError` of a mutation. */
export function useComplaint(): (error: unknown) => void {
  const { t } = useTranslation();
  return (error) => say(explain(error, t));
}

export function Toasts() {
  const toasts = useToasts((state) => state.toasts);
  // Also read, and to be pressed, while a dialog is open.
  return (
    <div className={css.toasts} role="status" aria-live="polite" data-react-aria-top-layer="true">
      {toasts.map(({ id, text, offer }) => (
        <div key={id} className={css.toast}>
          {text}
          {offer && <button type="button" className={css.offer} onClick={() => { away(id); offer.act(); }}>{offer.name}</button>}
        </div>
      ))}
    </div>
  );
}

// Short messages that come and go, also read to whoever does not see them.

import { useTranslation } from "react-i18next";
import { create } from "zustand";
import { css, explain } from "./index";

const SHOWN_MS = 6_000;

interface Toast {
  id: number;
  text: string;
}

const useToasts = create<{ toasts: Toast[] }>(() => ({ toasts: [] }));
let last = 0;

export function say(text: string): void {
  const id = ++last;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts.slice(-2), { id, text }] }));
  setTimeout(() => useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((one) => one.id !== id) })), SHOWN_MS);
}

/** For `onError` of a mutation. */
export function useComplaint(): (error: unknown) => void {
  const { t } = useTranslation();
  return (error) => say(explain(error, t));
}

export function Toasts() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <div className={css.toasts} role="status" aria-live="polite">
      {toasts.map(({ id, text }) => <div key={id} className={css.toast}>{text}</div>)}
    </div>
  );
}

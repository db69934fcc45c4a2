// Why something did not work, also where the browser or the person stood in the way.

import { useTranslation } from "react-i18next";
import { explain } from "../app/ui";
import { say } from "../app/ui/toasts";
import { NotShown, Unsent } from "./entering";

/** Somebody would not prove who they are; nothing is to be said about that. */
export class Unproven extends Error {
  override readonly name = "Unproven";
}

/** What is worth a word: not that somebody changed their mind. */
export const worthAWord = (error: Error | null) => (error instanceof Unproven ? null : error);

export function useReason(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (error instanceof NotShown) return t("entry.not_shown");
    if (error instanceof Unsent) return t("entry.unsent");
    return explain(error, t);
  };
}

/** For `onError`; silent where somebody changed their mind. */
export function useTold(): (error: unknown) => void {
  const reason = useReason();
  return (error) => {
    if (!(error instanceof Unproven)) say(reason(error));
  };
}

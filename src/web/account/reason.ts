// Why something did not work, also where the browser or the person stood in the way.

import { useTranslation } from "react-i18next";
import { explain } from "../app/ui";
import { say } from "../app/ui/toasts";
import { NotShown } from "./entering";

export function useReason(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => (error instanceof NotShown ? t("entry.not_shown") : explain(error, t));
}

/** For `onError`; silent where somebody changed their mind. */
export function useTold(): (error: unknown) => void {
  const reason = useReason();
  return (error) => {
    if (!(error instanceof Error && error.name === "Unproven")) say(reason(error));
  };
}

// Why something did not work, also where the browser or the person stood in the way.

import { useTranslation } from "react-i18next";
import { explain } from "../app/ui";
import { say } from "../app/ui/toasts";
import { NotShown } from "./entering";

/** What the server says of something that it could make nothing of. */
export class Unfit extends Error {
  override readonly name = "Unfit";
}

export function useReason(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (error instanceof NotShown) return t("entry.not_shown");
    return error instanceof Unfit && error.message ? error.message : explain(error, t);
  };
}

/** For `onError`; silent where somebody changed their mind. */
export function useTold(): (error: unknown) => void {
  const reason = useReason();
  return (error) => {
    if (!(error instanceof Error && error.name === "Unproven")) say(reason(error));
  };
}

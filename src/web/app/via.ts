// Whoever comes by a mail or a push tells so once: reminders that nobody follows become fewer.

import { api } from "./api";
import { useLogin } from "./session";

/** Takes `via` out of the address, before anything shows or keeps it. */
export function cameBy(): void {
  const address = new URL(location.href);
  const delivery_id = address.searchParams.get("via");
  if (delivery_id === null) return;
  address.searchParams.delete("via");
  history.replaceState(history.state, "", address);
  const tell = () => {
    if (useLogin.getState().phase !== "known") return;
    stop();
    void api.POST("/api/v1/notifications/deliveries/{delivery_id}/tap", { params: { path: { delivery_id } } }).catch(() => undefined);
  };
  const stop = useLogin.subscribe(tell);
  tell();
}

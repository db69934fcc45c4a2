// From wanting something to the page on which it is paid.

import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import type { Schemas } from "../app/api";
import { useMutation } from "../app/mutation";
import { useComplaint } from "../app/ui/toasts";

/** How often is looked whether a provider has told of what was done at its page. */
export const LOOK_MS = 3_000;

type Begun = Schemas["BegunOut"];

/** Sends the browser to pay what `begin` began, or to the order where nothing is left to pay. */
export function usePaying<T>(begin: (wish: T) => Promise<Begun>, onError?: (error: unknown) => void) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const complain = useComplaint();
  return useMutation({
    mutationFn: begin,
    onSuccess: (begun) => {
      for (const path of ["/api/v1/payments", "/api/v1/entitlements", "/api/v1/subscriptions"]) void queryClient.invalidateQueries({ queryKey: ["get", path] });
      if (begun.checkout?.url) leaveFor(begun.checkout.url, begun.checkout.provider);
      else void navigate(`/payments/${begun.id}`);
    },
    onError: onError ?? complain,
  });
}

/** To the provider's page; where it is our own, at the address by which this browser came. */
export function leaveFor(url: string, provider: string): void {
  const { pathname, search } = new URL(url);
  location.assign(provider === "fake" ? pathname + search : url);
}

// Starts the client: texts, the login of this browser, the screens.

import { onlineManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { I18nProvider, RouterProvider as AriaRouterProvider } from "react-aria-components";
import { createRoot } from "react-dom/client";
import { useTranslation } from "react-i18next";
import { createBrowserRouter, Outlet, RouterProvider, useHref, useNavigate } from "react-router";
import { useArrival } from "./arrival";
import { Refusal } from "./api";
import { startTexts, texts } from "./i18n";
import { keepConnected } from "./live";
import { routes } from "./routes";
import { resume } from "./session";
import { show } from "./theme";
import { Loading } from "./ui";
import { Toasts } from "./ui/toasts";
import { beginNewest, keepUpToDate } from "./version";
import { cameBy } from "./via";

const MOST_TRIES = 2;
/** Until the first screen is whole, also on a slow line: then its files are kept for the next time. */
const QUIET_MS = 4_000;

const client = new QueryClient({
  defaultOptions: {
    // Without a network a call fails at once and says so, and is tried again when there is one.
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      refetchOnReconnect: true,
      staleTime: 30_000,
      // What the server refused it refuses again; the network may come back.
      retry: (tries, error) => navigator.onLine && !(error instanceof Refusal && error.status < 500) && tries < MOST_TRIES,
    },
  },
});

function Root() {
  const navigate = useNavigate();
  const { i18n } = useTranslation();
  useArrival();
  return (
    <I18nProvider locale={i18n.language}>
      <AriaRouterProvider navigate={(to, options) => void navigate(to, options)} useHref={useHref}>
        <Outlet />
        <Toasts />
      </AriaRouterProvider>
    </I18nProvider>
  );
}

async function start(): Promise<void> {
  show();
  // It takes every page for one that was opened with a network, and would not notice that one comes.
  onlineManager.setOnline(navigator.onLine);
  await Promise.all([startTexts(), resume(), beginNewest()]);
  cameBy();
  keepConnected(client);
  const router = createBrowserRouter([{ Component: Root, HydrateFallback: Loading, children: routes }]);
  const root = document.getElementById("root");
  if (!root) return;
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
  if (location.pathname === "/") void fetchAhead().catch(console.warn);
  setTimeout(() => void keepUpToDate(), QUIET_MS);
}

/** Whoever reads the first page is in an exercise one click later. */
async function fetchAhead(): Promise<void> {
  await Promise.all([import("../learner/Learn"), import("../learner/Alone"), import("../learner/player/Player"), texts("learner"), texts("people")]);
}

void start();

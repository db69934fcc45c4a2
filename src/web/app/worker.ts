// The service worker: the client opens without a network, and pushes are shown while no page is open.
// Answers of the API are never kept here; what is learned offline is kept by the pages themselves.

import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";

declare const self: ServiceWorkerGlobalScope & { __SHELL: { url: string; revision: string | null }[] };
/** Set at build time. */
declare const __SHELL__: { url: string; revision: string | null }[];

/** Addresses that the server answers itself; what is asked stands behind them. */
const NOT_OURS = [/^\/(api|media|schema|health|metrics|socket\.io|static|dev|pay|unsubscribe|verify|reset|\.well-known)([/?]|$)/, /^\/account\/email/];

// A newer version waits until a page lets it: it takes away the files that older pages still need.
self.addEventListener("message", (event) => {
  if (event.data === "take over") void self.skipWaiting();
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
cleanupOutdatedCaches();
precacheAndRoute(__SHELL__);
// Files of lessons that were taken along; only the pages put something there.
registerRoute(
  ({ url, sameOrigin }) => sameOrigin && /^\/media\/[0-9a-f]{64}/.test(url.pathname),
  async ({ request }) => (await caches.match(request, { cacheName: "lyceum-media", ignoreVary: true })) ?? fetch(request),
);
registerRoute(new NavigationRoute(createHandlerBoundToURL("/index.html"), { denylist: NOT_OURS }));

interface Told {
  title?: string;
  body?: string;
  url?: string;
  tag?: string;
  lang?: string;
}

self.addEventListener("push", (event) => {
  let told: Told = {};
  try {
    told = event.data?.json() as Told;
  } catch {
    // A browser wants something to be shown for every push.
  }
  const { title = "Lyceum", body = "", url = "/", tag = "", lang = "" } = told;
  event.waitUntil(self.registration.showNotification(title, { body, tag, lang, icon: "/icon.svg", data: { url } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const address = new URL((event.notification.data as { url?: string } | null)?.url ?? "/", self.location.origin);
  const target = address.origin === self.location.origin ? address.href : self.location.origin;
  event.waitUntil(
    (async () => {
      const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
      const open = pages.find((page) => page.url === target);
      await (open ? open.focus() : self.clients.openWindow(target));
    })(),
  );
});

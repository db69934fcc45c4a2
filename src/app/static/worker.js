// What a browser does with a push while no page is open: show it, and open its address when it is pressed.
self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data.json();
  } catch {
    // A browser wants something to be shown for every push.
  }
  const { title = "Lyceum", body = "", url = "/", tag = "", lang = "" } = told;
  event.waitUntil(self.registration.showNotification(title, { body, tag, lang, icon: "/static/icon.svg", data: { url } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const address = new URL(event.notification.data?.url ?? "/", self.location.origin);
  const target = address.origin === self.location.origin ? address.href : self.location.origin;
  event.waitUntil((async () => {
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const open = pages.find((page) => page.url === target);
    await (open ? open.focus() : self.clients.openWindow(target));
  })());
});

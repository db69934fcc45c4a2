// Push to this browser: asked for only by the press of a button, and taken back by the same one or by logging out.
const IS_ABLE = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

async function subscription() {
  const found = await navigator.serviceWorker.getRegistration("/");
  return (await found?.pushManager.getSubscription()) ?? null;
}

async function turnOn() {
  // First of all, while the browser still knows that somebody pressed a button.
  if (await Notification.requestPermission() !== "granted") throw new Error("This browser does not allow notifications.");
  await navigator.serviceWorker.register("/static/worker.js", { scope: "/" });
  const { pushManager } = await navigator.serviceWorker.ready;
  const { public_key: key } = await call("GET", "/notifications/web-push/key");
  await (await pushManager.getSubscription())?.unsubscribe();
  // A push service that cannot be reached lets one wait for minutes.
  say("Waiting for the push service of this browser …");
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await call("POST", "/notifications/web-push", made);
  say("");
}

async function turnOff(made) {
  const { id } = await call("POST", "/notifications/web-push", made);
  await call("DELETE", `/notifications/devices/${id}`);
  await made.unsubscribe();
}

async function showPush() {
  const made = await subscription();
  const turn = made
    ? button("Stop notifying me on this browser", () => turnOff(made).then(showPush))
    : button("Notify me on this browser", () => turnOn().then(showPush));
  turn.id = "push";
  $("push").replaceWith(turn);
}

if (IS_ABLE) {
  showPush().catch((error) => say(error.message));
  // Whoever logs in next is not told what was meant for the one before.
  $("leave").addEventListener("click", async () => {
    await (await subscription())?.unsubscribe();
    await showPush();
  });
}

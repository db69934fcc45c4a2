// The smallest client there is: an account, the courses, buying one that is locked, beginning a lesson.
const TOKEN = "lyceum.token", NAME = "lyceum.name";
// Decimals of currencies that do not have two, as the server counts them.
const DECIMALS = {
  BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, UYI: 0, VND: 0, VUV: 0,
  XAF: 0, XOF: 0, XPF: 0, BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3,
};
const $ = (id) => document.getElementById(id);

async function call(method, path, body) {
  const headers = {};
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  const found = answer.status === 204 ? null : await answer.json();
  if (answer.ok) return found;
  if (answer.status === 401 && token) leave();
  throw new Error(found.detail ? `${found.title}: ${found.detail}` : found.title);
}

function say(text) {
  $("said").textContent = text;
}

function price({ amount_minor, currency }) {
  const decimals = DECIMALS[currency] ?? 2;
  return `${currency} ${(amount_minor / 10 ** decimals).toFixed(decimals)}`;
}

function button(text, run) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", async () => {
    made.disabled = true;
    say("");
    try {
      await run();
    } catch (error) {
      say(error.message);
    } finally {
      made.disabled = false;
    }
  });
  return made;
}

async function buy(course, offer) {
  const { checkout } = await call("POST", `/payments/courses/${course.id}`, { currency: offer.currency, hosted: true });
  if (!checkout) return show();
  // Our own pay page stays on the host that this page came from; a provider's is where it says.
  const { pathname } = new URL(checkout.url);
  location.assign(checkout.provider === "fake" ? pathname : checkout.url);
}

// Of any kind: a text, what is to be matched, a text with gaps, a dialogue; or something to hear.
function asked({ text, left, parts, turns }) {
  return text || left?.join(", ") || parts?.join("…") || turns?.map((turn) => turn.text ?? "…").join(" ") || "♪";
}

async function start(course) {
  const [first] = (await call("GET", `/courses/${course.id}/lessons`)).items;
  const session = await call("POST", `/lessons/${first.id}/sessions`, {});
  const { kind, prompt } = session.exercises[0];
  const title = document.createElement("h3");
  title.textContent = `${course.title}: ${first.title}`;
  const text = document.createElement("p");
  text.textContent = `Exercise 1 of ${session.total}, ${kind.replaceAll("_", " ")}: ${asked(prompt)}`;
  $("lesson").replaceChildren(title, text);
  $("lesson").hidden = false;
  $("lesson").focus();
}

function line(course, offer, known) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.textContent = course.title;
  item.append(name);
  if (offer) {
    const cost = document.createElement("span");
    cost.textContent = `locked, ${price(offer)}`;
    item.append(cost);
  }
  if (known) item.append(offer ? button("Buy", () => buy(course, offer)) : button("Start", () => start(course)));
  return item;
}

async function show() {
  const known = sessionStorage.getItem(TOKEN) !== null;
  $("account").hidden = known;
  $("visitor").hidden = !known;
  $("visitor-name").textContent = sessionStorage.getItem(NAME) ?? "";
  const [courses, products, own, me] = await Promise.all([
    call("GET", "/courses"), call("GET", "/products"), known ? call("GET", "/entitlements") : [],
    known ? call("GET", "/auth/me") : null,
  ]);
  $("confirm-address").hidden = !me?.email || me.email_verified;
  await showAccount(me);
  const keys = new Set(own.map((entitlement) => entitlement.key));
  const offers = new Map();
  for (const product of products.items.filter((product) => product.kind === "course")) {
    const offer = product.prices.find((price) => price.country === null) ?? product.prices[0];
    for (const key of offer ? product.keys : []) offers.set(key, offers.get(key) ?? offer);
  }
  const isOpen = (key) => keys.has(key) || (keys.has("courses:*") && key.startsWith("course:"));
  $("courses").replaceChildren(...courses.items.map((course) => {
    const key = `course:${course.id}`;
    return line(course, isOpen(key) ? undefined : offers.get(key), known);
  }));
}

// The token of a login that waits for its second factor.
let waiting = null;

async function enter(found) {
  waiting = found.second_factor?.token ?? null;
  $("second").hidden = waiting === null;
  $("password").value = $("code").value = "";
  if (waiting !== null) {
    say("Type the code of your authenticator app, or a recovery code.");
    return $("code").focus();
  }
  sessionStorage.setItem(TOKEN, found.access_token);
  sessionStorage.setItem(NAME, found.user.name);
  await show();
}

function leave() {
  sessionStorage.removeItem(TOKEN);
  sessionStorage.removeItem(NAME);
  $("lesson").hidden = true;
  show().catch((error) => say(error.message));
}

$("account").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("");
  const [name, email, password] = ["name", "email", "password"].map((id) => $(id).value);
  const isNew = event.submitter?.value !== "login";
  try {
    await enter(await call("POST", `/auth/${isNew ? "register" : "login"}`, isNew ? { name, email, password } : { email, password }));
  } catch (error) {
    say(error.message);
  }
});
$("second").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("");
  const code = $("code").value.trim();
  const proof = /^\d{6}$/.test(code) ? { code } : { recovery_code: code };
  try {
    await enter(await call("POST", "/auth/second-factor", { token: waiting, ...proof }));
  } catch (error) {
    say(error.message);
  }
});
async function confirmAddress() {
  await call("POST", "/auth/email/verify");
  say("A mail is on its way. Open its link within ten minutes.");
}

$("confirm-address").append(button("Confirm my address", confirmAddress));
$("leave").addEventListener("click", () => {
  call("POST", "/auth/logout").catch(() => {});
  leave();
});
if (new URLSearchParams(location.search).get("error") === "identity.oidc_flow_invalid") {
  say("This login took too long, or was used before. Please begin again.");
}
show().catch((error) => say(error.message));

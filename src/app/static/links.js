// Behind the links in mails. Their secret stands behind the `#`, which browsers tell no server; it leaves the address
// at once, and goes out only when a button is pressed.
const CALLS = { verify: "/auth/email/verify/confirm", move: "/auth/email/confirm", reset: "/auth/password/reset/confirm" };
const OUTCOMES = { "identity.code_invalid": "invalid", "identity.email_taken": "taken", "identity.too_many_codes": "too_often" };
const { purpose } = document.querySelector("main").dataset;
const $ = (id) => document.getElementById(id);
const token = new URLSearchParams(location.hash.slice(1)).get("token");
history.replaceState(null, "", location.pathname);
// Another link in the same tab.
addEventListener("hashchange", () => location.reload());

function tell(outcome) {
  for (const said of $("outcome").children) said.hidden = said.id !== outcome;
  if (outcome) $("outcome").focus();
}

// What the server answered: `{ ok, outcome, body }`.
async function post(path, body) {
  let answer;
  try {
    const headers = { "Content-Type": "application/json" };
    answer = await fetch(`/api/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  } catch {
    return { ok: false, outcome: "offline", body: {} };
  }
  const found = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  const outcome = answer.status === 429 ? "too_often" : OUTCOMES[found.code] ?? "failed";
  return { ok: answer.ok, outcome, body: found };
}

function refuse(field, why) {
  $("weak").hidden = !why;
  $("why").textContent = why;
  field.setAttribute("aria-invalid", String(Boolean(why)));
  if (why) field.focus();
}

async function act() {
  const body = purpose === "reset" ? { token, password: $("password").value } : { token };
  const answer = await post(CALLS[purpose], body);
  if (answer.body.code === "identity.weak_password") return refuse($("password"), answer.body.detail);
  if (answer.ok || ["invalid", "taken"].includes(answer.outcome)) $("act").hidden = true;
  if (answer.ok) {
    const [waiting] = answer.body.waiting_for ?? [];
    $("onward").hidden = Boolean(waiting);
    return tell(waiting ? `half_${waiting}` : "done");
  }
  if (answer.outcome === "invalid") $(purpose === "reset" ? "ask" : "onward").hidden = false;
  tell(answer.outcome);
}

async function ask() {
  const answer = await post("/auth/password/reset", { email: $("email").value });
  $("ask").hidden = answer.ok;
  tell(answer.ok ? "sent" : answer.outcome);
}

function on(form, run) {
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    if (button.disabled) return;
    button.disabled = true;
    tell("");
    if ($("weak")) refuse($("password"), "");
    await run();
    button.disabled = false;
  });
}

on($("act"), act);
on($("ask"), ask);
$("shown")?.addEventListener("change", () => {
  $("password").type = $("shown").checked ? "text" : "password";
});
if (token) $("act").hidden = false;
else if (purpose === "reset") $("ask").hidden = false;
else tell("missing");

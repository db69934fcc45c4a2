// What people do about their account as a whole: keep it after all, and fetch a copy of all that is held about them.
async function fetchCopy({ id, asked_at }) {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem(TOKEN)}` };
  const answer = await fetch(`/api/v1/auth/me/exports/${id}/file`, { headers });
  if (!answer.ok) {
    const { code, title } = await answer.json();
    throw new Error(code === "identity.step_up_needed" ? "To be safe, log out and log in again first." : title);
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = `lyceum-${asked_at.slice(0, 10)}.zip`;
  link.click();
  URL.revokeObjectURL(link.href);
  say("Your data is in the downloads of this browser.");
}

function copyLine(copy) {
  const item = document.createElement("li");
  item.append(`Your data as of ${new Date(copy.asked_at).toLocaleString()} `);
  item.append(copy.state === "ready" ? button("Fetch my data", () => fetchCopy(copy)) : `(${copy.state})`);
  return item;
}

async function keepAccount() {
  await call("POST", "/auth/me/restore");
  await show();
  say("Your account stays.");
}

// `me`: null for nobody.
async function showAccount(me) {
  $("leaving").hidden = !me?.deletion_at;
  if (me?.deletion_at) {
    const when = new Date(me.deletion_at).toLocaleDateString();
    $("leaving").replaceChildren(`Your account will be deleted on ${when}. `, button("Keep my account", keepAccount));
  }
  $("copies").hidden = !me || location.pathname !== "/account/exports";
  if ($("copies").hidden) return;
  const { items } = await call("GET", "/auth/me/exports");
  $("copies").replaceChildren(...items.map(copyLine));
}

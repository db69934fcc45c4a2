const body = document.getElementById("services");

function cell(row, text, name) {
  const td = row.insertCell();
  td.textContent = text;
  if (name) td.className = name;
}

async function refresh() {
  try {
    const answer = await fetch("/health/services");
    const { services } = await answer.json();
    body.replaceChildren();
    for (const service of services) {
      const row = body.insertRow();
      cell(row, service.name);
      cell(row, service.state, service.state);
      cell(row, service.latency_ms === null ? "" : `${service.latency_ms} ms`);
      cell(row, service.detail);
    }
  } catch {
    body.replaceChildren();
    cell(body.insertRow(), "The process does not answer.", "down");
  }
}

refresh();
setInterval(refresh, 5000);

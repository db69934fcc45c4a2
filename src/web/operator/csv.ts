// Lines as RFC 4180 has them, under the names of the first one's members.

export type Line = Record<string, unknown>;

export function csvOf(lines: readonly Line[]): string {
  const names = Object.keys(lines[0] ?? {});
  return [names, ...lines.map((line) => names.map((name) => line[name]))].map((cells) => cells.map(cell).join(",")).join("\r\n");
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  // A spreadsheet would take text from outside for a formula.
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

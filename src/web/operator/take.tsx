// Lists to take away, as spreadsheets read them.

import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";
import { save } from "../app/download";
import { Button } from "../app/ui";
import { Trouble, useActing } from "./acting";
import css from "./operator.module.css";

/** A spreadsheet shows no more at once, and a person reads no more. */
const MOST = 20_000;
export const PAGE = 100;

type Line = Record<string, unknown>;

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

function csvOf(lines: readonly Line[]): string {
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

export function saveLines(name: string, lines: readonly Line[]): void {
  // The mark at the beginning tells spreadsheets that it is UTF-8.
  save(new Blob([`\uFEFF${csvOf(lines)}`], { type: "text/csv" }), `${name}.csv`);
}

async function allOf<T>(page: (cursor: string | null) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const found: Page<T> = await page(cursor);
    items.push(...found.items);
    cursor = found.next_cursor;
  } while (cursor !== null && items.length < MOST);
  return items;
}

/** All of a list that is shown in pages. */
export function Take<T extends object>({ name, page, line }: { name: string; page: (cursor: string | null) => Promise<Page<T>>; line?: (item: T) => Line }) {
  const { t } = useTranslation();
  const taking = useActing(() => allOf(page), (items) => saveLines(name, items.map((item) => line?.(item) ?? ({ ...item } as Line))));
  return (
    <div className={css.take}>
      <Button small look="quiet" data-busy={taking.isPending || undefined} onPress={() => taking.mutate()}><Download aria-hidden size={16} />{t("operate.take")}</Button>
      <Trouble of={taking.error} />
    </div>
  );
}

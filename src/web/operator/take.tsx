// Lists to take away, as spreadsheets read them.

import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";
import { save } from "../app/download";
import { useFormat } from "../app/format";
import { Button } from "../app/ui";
import { say } from "../app/ui/toasts";
import { Trouble, useActing } from "./acting";
import { csvOf, type Line } from "./csv";
import css from "./operator.module.css";

/** Lines at once; whoever wants more narrows the list. */
const MOST = 20_000;
export const PAGE = 100;

interface Page<T> {
  items: T[];
  next_cursor: string | null;
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
  const format = useFormat();
  const taking = useActing(() => allOf(page), (items) => {
    saveLines(name, items.map((item) => line?.(item) ?? ({ ...item } as Line)));
    if (items.length >= MOST) say(t("operate.take_some", { most: format.number(items.length) }));
  });
  return (
    <div className={css.take}>
      <Button small look="quiet" data-busy={taking.isPending || undefined} onPress={() => taking.mutate()}><Download aria-hidden size={16} />{t("operate.take")}</Button>
      <Trouble of={taking.error} />
    </div>
  );
}

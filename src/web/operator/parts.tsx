// What the screens of operators are made of: lists in pages, facts, and questions with a reason.

import { type UseInfiniteQueryResult, type InfiniteData } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { type ComponentProps, type FormEvent, type ReactNode, useState } from "react";
import { Checkbox as AriaCheckbox, CheckboxGroup, Label } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useFormat } from "../app/format";
import { Button, css as ui, Dialog, Empty, Failed, Field, Loading, Notice, Row, Stack } from "../app/ui";
import { useReason } from "../account/reason";
import css from "./operator.module.css";

/** How a list goes on: for `useInfiniteQuery`. */
export const PAGES = {
  pageParamName: "cursor",
  initialPageParam: null as string | null,
  getNextPageParam: (page: { next_cursor: string | null }) => page.next_cursor,
};

/** What is looked at is written down each time, so it is not asked for again by itself. */
export const ONCE = { staleTime: Infinity, refetchOnWindowFocus: false, refetchOnReconnect: false } as const;

export interface Column<T> {
  name: string;
  show: (item: T) => ReactNode;
  /** Only where there is room. */
  wide?: boolean;
  end?: boolean;
}

function place(column: Column<never>): string {
  return [column.wide && css.wide, column.end && css.end].filter(Boolean).join(" ");
}

export function Table<T>({ label, items, columns, id }: { label: string; items: readonly T[]; columns: readonly Column<T>[]; id: (item: T) => string }) {
  const { t } = useTranslation();
  return (
    <div className={ui.tableWrap} role="region" aria-label={label} tabIndex={0}>
      <table className={css.table}>
        <caption>{label}</caption>
        <thead><tr>{columns.map((column) => <th key={column.name} scope="col" className={place(column as Column<never>)}>{column.name === "" ? <span className="visually-hidden">{t("operate.actions")}</span> : column.name}</th>)}</tr></thead>
        <tbody>
          {items.map((item) => <tr key={id(item)}>{columns.map((column) => <td key={column.name} className={place(column as Column<never>)}>{column.show(item)}</td>)}</tr>)}
        </tbody>
      </table>
    </div>
  );
}

interface PagesProps<T> {
  of: UseInfiniteQueryResult<InfiniteData<{ items: T[]; next_cursor: string | null }>, unknown>;
  label: string;
  empty: string;
  columns: readonly Column<T>[];
  id: (item: T) => string;
}

/** A list that goes on by a button. */
export function Pages<T>({ of, label, empty, columns, id }: PagesProps<T>) {
  const { t } = useTranslation();
  if (of.data === undefined) return of.error ? <Failed error={of.error} retry={() => void of.refetch()} /> : <Loading lines={4} />;
  const items = of.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <Empty title={empty} />;
  return (
    <>
      <Table label={label} items={items} columns={columns} id={id} />
      {of.hasNextPage && <Row><Button onPress={() => void of.fetchNextPage()} isDisabled={of.isFetchingNextPage}>{t("operate.more")}</Button></Row>}
    </>
  );
}

/** A button of one line, whose name also says of which. */
export function Act({ act, on, ...props }: { act: string; on: string } & Omit<ComponentProps<typeof Button>, "children">) {
  return <Button small aria-label={`${act}: ${on}`} {...props}>{act}</Button>;
}

export function Head({ title, lead, children }: { title: string; lead?: string; children?: ReactNode }) {
  return (
    <header className={css.head}>
      <div><h1>{title}</h1>{lead && <p className={css.lead}>{lead}</p>}</div>
      {children}
    </header>
  );
}

export function Facts({ of }: { of: readonly (readonly [string, ReactNode])[] }) {
  return <dl className={css.facts}>{of.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value ?? "–"}</dd></div>)}</dl>;
}

/** A moment as "2 hours ago", exactly on pointing at it. */
export function Ago({ at }: { at: string | null | undefined }) {
  const format = useFormat();
  return at ? <time dateTime={at} title={format.time(at)}>{format.relative(at)}</time> : <>–</>;
}

/** Somebody by the end of their id, which differs where the beginning is the same moment. */
export function Who({ id }: { id: string | null }) {
  return id ? <Link className={css.who} to={`/admin/people/${id}`} title={id}>…{id.slice(-8)}</Link> : <>–</>;
}

export function Json({ of }: { of: unknown }) {
  const { t } = useTranslation();
  return <pre className={css.json} tabIndex={0} role="region" aria-label={t("operate.raw")}>{typeof of === "string" ? pretty(of) : JSON.stringify(of, null, 2)}</pre>;
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

export function Checks({ label, choices, value, onChange }: { label: string; choices: readonly (readonly [string, string])[]; value: string[]; onChange: (chosen: string[]) => void }) {
  return (
    <CheckboxGroup value={value} onChange={onChange} className={ui.field ?? ""}>
      <Label className={ui.label ?? ""}>{label}</Label>
      <div className={css.checks}>
        {choices.map(([id, name]) => (
          <AriaCheckbox key={id} value={id} className={css.check ?? ""}>
            {({ isSelected }) => <><span className={css.box}>{isSelected && <Check aria-hidden size={15} strokeWidth={3} />}</span>{name}</>}
          </AriaCheckbox>
        ))}
      </div>
    </CheckboxGroup>
  );
}

interface AskProps {
  title: string;
  why?: string;
  act: string;
  danger?: boolean;
  /** What a reason is called, where one is needed. */
  reason?: string;
  onClose: () => void;
  /** Resolves once it is done. */
  onAct: (reason: string) => Promise<unknown>;
  children?: ReactNode;
}

/** Asks before something is done, and for the reason that will stand in the log. */
export function Ask({ title, why, act, danger, reason, onClose, onAct, children }: AskProps) {
  const { t } = useTranslation();
  const explain = useReason();
  const [text, setText] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await onAct(text.trim());
      onClose();
    } catch (raised) {
      setError(raised);
    } finally {
      setBusy(false);
    }
  };
  const unproven = error instanceof Error && error.name === "Unproven";
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          {why && <p>{why}</p>}
          {children}
          {reason && <Field label={reason} hint={t("operate.reason_hint")} lines={2} isRequired minLength={3} maxLength={500} value={text} onChange={setText} />}
          {error !== null && !unproven && <Notice tone="bad">{explain(error)}</Notice>}
          <Row>
            <Button type="submit" look={danger ? "danger" : "primary"} isDisabled={busy}>{act}</Button>
            <Button look="quiet" onPress={onClose}>{t("operate.cancel")}</Button>
          </Row>
        </Stack>
      </form>
    </Dialog>
  );
}

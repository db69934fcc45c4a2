// What the screens of operators are made of: lists in pages, filters in the address, facts.

import { type UseInfiniteQueryResult, type InfiniteData } from "@tanstack/react-query";
import { Check, Download } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { Checkbox as AriaCheckbox, CheckboxGroup, FieldError, Label } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { save } from "../app/download";
import { useFormat } from "../app/format";
import { Button, css as ui, Empty, Failed, Loading, Row } from "../app/ui";
import { Trouble } from "./acting";
import css from "./operator.module.css";

/** How a list goes on: for `useInfiniteQuery`. */
export const PAGES = {
  pageParamName: "cursor",
  initialPageParam: null as string | null,
  getNextPageParam: (page: { next_cursor: string | null }) => page.next_cursor,
};

/** How often the first page of a list is asked for again; whoever has gone on reads in peace. */
export function whileShort(everyMs: number) {
  return ({ state }: { state: { data?: { pages: unknown[] } | undefined } }) => ((state.data?.pages.length ?? 0) > 1 ? false : everyMs);
}

/** What is chosen stands in the address, so that a reload, a link and the way back show the same. */
export function useFilters(): [address: URLSearchParams, choose: (name: string, value: string | null) => void, clear: () => void] {
  const [address, setAddress] = useSearchParams();
  const choose = (name: string, value: string | null) => setAddress((before) => {
    if (value) before.set(name, value);
    else before.delete(name);
    return before;
  });
  return [address, choose, () => setAddress({})];
}

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

/** On a phone each line is a card. The roles are said, because a browser forgets them where a table is no table to look at. */
export function Table<T>({ label, items, columns, id }: { label: string; items: readonly T[]; columns: readonly Column<T>[]; id: (item: T) => string }) {
  const { t } = useTranslation();
  return (
    <div className={ui.tableWrap} role="region" aria-label={label} tabIndex={0}>
      <table className={css.table} role="table">
        <caption>{label}</caption>
        <thead role="rowgroup">
          <tr role="row">{columns.map((column) => <th key={column.name} role="columnheader" scope="col" className={place(column as Column<never>)}>{column.name === "" ? <span className="visually-hidden">{t("operate.actions")}</span> : column.name}</th>)}</tr>
        </thead>
        <tbody role="rowgroup">
          {items.map((item) => <tr key={id(item)} role="row">{columns.map((column) => <td key={column.name} role="cell" data-name={column.name} className={place(column as Column<never>)}>{column.show(item)}</td>)}</tr>)}
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
      {of.isFetchNextPageError && <Trouble of={of.error} />}
      {of.hasNextPage && <Row><Button onPress={() => void of.fetchNextPage()} isDisabled={of.isFetchingNextPage}>{t("operate.more")}</Button></Row>}
    </>
  );
}

export function Head({ title, lead, children }: { title: string; lead?: string; children?: ReactNode }) {
  return (
    <header className={css.head}>
      <title>{`${title} – Lyceum`}</title>
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

/** A name of a program, which may be broken where its parts end. */
export function Dotted({ name }: { name: string }) {
  return <>{name.split(/(?<=[._:])/).map((part, at) => <Fragment key={at}>{at > 0 && <wbr />}{part}</Fragment>)}</>;
}

export function Json({ of, name }: { of: unknown; name: string }) {
  const { t } = useTranslation();
  const text = typeof of === "string" ? pretty(of) : JSON.stringify(of, null, 2);
  return (
    <div>
      <pre className={css.json} dir="ltr" tabIndex={0} role="region" aria-label={t("operate.raw")}>{text}</pre>
      <Button small look="quiet" onPress={() => save(new Blob([text], { type: "application/json" }), `${name}.json`)}><Download aria-hidden size={16} />{t("operate.take_json")}</Button>
    </div>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

interface ChecksProps {
  label: string;
  choices: readonly (readonly [id: string, name: string])[];
  value: string[];
  onChange: (chosen: string[]) => void;
  /** At least one. */
  isRequired?: boolean;
}

export function Checks({ label, choices, value, onChange, isRequired = false }: ChecksProps) {
  return (
    <CheckboxGroup isRequired={isRequired} value={value} onChange={onChange} className={ui.field ?? ""}>
      <Label className={ui.label ?? ""}>{label}</Label>
      <div className={css.checks}>
        {choices.map(([id, name]) => (
          <AriaCheckbox key={id} value={id} className={css.check ?? ""}>
            {({ isSelected }) => <><span className={css.box}>{isSelected && <Check aria-hidden size={15} strokeWidth={3} />}</span>{name}</>}
          </AriaCheckbox>
        ))}
      </div>
      <FieldError className={ui.error ?? ""} />
    </CheckboxGroup>
  );
}

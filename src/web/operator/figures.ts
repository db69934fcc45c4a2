// Figures over time, out of what the server counts: rates of what only grows, and levels as they are.

import { keepPreviousData } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { queries, type Schemas } from "../app/api";

const EVERY_MS = 5_000;
const KEPT = 60;

export const FIGURES = ["requests", "latencyMs", "facts", "jobs", "failed", "sockets", "loopLagMs"] as const;

export type Moment = Record<(typeof FIGURES)[number] | "at", number>;

type Family = Schemas["FigureOut"];

interface Reading {
  at: number;
  sum: (name: string, labels?: Record<string, string>) => number;
}

function reading(families: Family[], at: number): Reading {
  const samples = families.flatMap((family) => family.samples);
  return {
    at,
    sum: (name, labels = {}) =>
      samples
        .filter((sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
        .reduce((total, sample) => total + sample.value, 0),
  };
}

function between(before: Reading, now: Reading): Moment {
  const seconds = Math.max(0.001, (now.at - before.at) / 1000);
  // A process that began anew counts from nothing.
  const grown = (name: string, labels?: Record<string, string>) => Math.max(0, now.sum(name, labels) - before.sum(name, labels));
  const requests = grown("lyceum_http_request_seconds_count");
  return {
    at: now.at,
    requests: requests / seconds,
    latencyMs: requests ? (grown("lyceum_http_request_seconds_sum") / requests) * 1000 : 0,
    facts: grown("lyceum_facts_total") / seconds,
    jobs: grown("lyceum_jobs_total") / seconds,
    failed: (grown("lyceum_jobs_total", { outcome: "failed" }) + grown("lyceum_jobs_total", { outcome: "dead" })) / seconds,
    sockets: now.sum("lyceum_realtime_sockets"),
    loopLagMs: now.sum("lyceum_realtime_loop_lag_seconds") * 1000,
  };
}

/** The last minutes, since this screen is open. */
export function useFigures(): { moments: Moment[]; error: unknown; again: () => void } {
  const { data, error, dataUpdatedAt, refetch } = queries.useQuery("get", "/api/v1/admin/metrics", {}, { refetchInterval: EVERY_MS, placeholderData: keepPreviousData });
  const [{ moments }, keep] = useState<{ last: Reading | null; moments: Moment[] }>({ last: null, moments: [] });
  useEffect(() => {
    if (!data) return;
    const now = reading(data.items, dataUpdatedAt);
    keep(({ last, moments: before }) => ({ last: now, moments: last && last.at < now.at ? [...before, between(last, now)].slice(-KEPT) : before }));
  }, [data, dataUpdatedAt]);
  return { moments, error, again: () => void refetch() };
}

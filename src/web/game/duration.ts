/** The two largest units of a span of milliseconds, as people of the language write them. Seconds only in the last ten
 * minutes, and never none of them: what is over is said otherwise. */
export function duration(ms: number, language: string): string {
  const seconds = Math.ceil(ms / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "day"], [Math.floor(seconds / 3600) % 24, "hour"],
    [Math.floor(seconds / 60) % 60, "minute"], [seconds % 60, "second"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  const shown = parts.slice(first, first + 2).filter(([count, unit]) => count > 0 && (unit !== "second" || seconds < 600));
  return shown.map(([count, unit]) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(count)).join(" ");
}

// Light or dark: as the system is, unless somebody chose.

const KEY = "lyceum.theme";
export type Theme = "system" | "light" | "dark";
const dark = matchMedia("(prefers-color-scheme: dark)");

export function theme(): Theme {
  const found = localStorage.getItem(KEY);
  return found === "light" || found === "dark" ? found : "system";
}

export function choose(wanted: Theme): void {
  localStorage.setItem(KEY, wanted);
  show();
}

export function show(): void {
  const chosen = theme();
  document.documentElement.dataset.theme = chosen === "system" ? (dark.matches ? "dark" : "light") : chosen;
}

dark.addEventListener("change", show);

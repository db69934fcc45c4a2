// Light or dark: as the system is, unless somebody chose.

const KEY = "lyceum.theme";
export type Theme = "system" | "light" | "dark";

export function theme(): Theme {
  const found = localStorage.getItem(KEY);
  return found === "light" || found === "dark" ? found : "system";
}

export function choose(wanted: Theme): void {
  localStorage.setItem(KEY, wanted);
  show();
}

export function show(): void {
  document.documentElement.dataset.theme = theme();
}

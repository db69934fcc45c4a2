// Texts in the language of whoever reads them. English is part of the program, other catalogues are fetched.

import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import en from "./locales/en.json";

const CATALOGUES = import.meta.glob<{ default: Record<string, unknown> }>("./locales/*.json");
const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);
const CHOSEN = "lyceum.language";

export const LANGUAGES: Readonly<Record<string, string>> = { en: "English", de: "Deutsch" };

export async function startTexts(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: "en",
    fallbackLng: "en",
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await speak(localStorage.getItem(CHOSEN) ?? wanted());
}

/** Shows everything in the language, if there is a catalogue of it. */
export async function speak(language: string, { remember = false } = {}): Promise<void> {
  const base = language.split("-")[0] ?? "en";
  const known = base in LANGUAGES ? base : "en";
  if (!i18next.hasResourceBundle(known, "translation")) {
    const catalogue = await CATALOGUES[`./locales/${known}.json`]?.();
    if (catalogue) i18next.addResourceBundle(known, "translation", catalogue.default, true, true);
  }
  await i18next.changeLanguage(known);
  document.documentElement.lang = known;
  document.documentElement.dir = direction(known);
  if (remember) localStorage.setItem(CHOSEN, known);
}

/** Of a text in the language; also for exercises. */
export function direction(language: string): "ltr" | "rtl" {
  // For trying how the client looks from right to left before there is a catalogue of such a language.
  if (new URLSearchParams(location.search).get("dir") === "rtl" && language === i18next.language) return "rtl";
  return RIGHT_TO_LEFT.has(language.split("-")[0] ?? "") ? "rtl" : "ltr";
}

function wanted(): string {
  return navigator.languages.find((one) => (one.split("-")[0] ?? "") in LANGUAGES) ?? "en";
}

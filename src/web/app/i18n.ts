// Texts in the language of whoever reads them. English is part of the program, other catalogues are fetched.

import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import en from "./locales/en.json";

const CATALOGUES = import.meta.glob<{ default: Record<string, unknown> }>(["./locales/*.json", "./locales/*/*.json", "!./locales/en.json"]);
const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);
const CHOSEN = "lyceum.language";
const parts = new Set<string>();
let asked = "en";

export const LANGUAGES: Readonly<Record<string, string>> = { en: "English", de: "Deutsch" };

export async function startTexts(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: "en",
    fallbackLng: "en",
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  // Without a network the catalogue may not be there; English is.
  await speak(localStorage.getItem(CHOSEN) ?? wanted()).catch(console.warn);
  // What goes wrong before they are here is told in the server's words.
  texts("problems").catch(console.warn);
}

/** Shows everything in the language, if there is a catalogue of it. */
export async function speak(language: string, { remember = false } = {}): Promise<void> {
  const base = language.split("-")[0] ?? "en";
  const known = base in LANGUAGES ? base : "en";
  asked = known;
  await Promise.all([fetchTexts(known), ...[...parts].map((part) => fetchTexts(`${known}/${part}`))]);
  // Somebody may have chosen another one meanwhile.
  if (asked !== known) return;
  await i18next.changeLanguage(known);
  document.documentElement.lang = known;
  document.documentElement.dir = direction(known);
  if (remember) localStorage.setItem(CHOSEN, known);
}

/** Texts of one part of the client, in `locales/<language>/<part>.json`: for whoever fetches its screens. */
export async function texts(part: string): Promise<void> {
  parts.add(part);
  await Promise.all([...new Set(["en", i18next.language])].map((language) => fetchTexts(`${language}/${part}`)));
}

async function fetchTexts(name: string): Promise<void> {
  const catalogue = await CATALOGUES[`./locales/${name}.json`]?.();
  if (catalogue) i18next.addResourceBundle(name.split("/")[0] ?? "en", "translation", catalogue.default, true, true);
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

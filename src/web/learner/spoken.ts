// Texts of a course among those of the client, which may run the other way.

import { direction } from "../app/i18n";

/** For an element whose text is in the language; it stays on the side where the others are. */
export function spoken(language: string) {
  return { lang: language, dir: direction(language), style: { textAlign: "match-parent" } } as const;
}

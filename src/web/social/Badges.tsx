import { Award, Bird, CalendarDays, Crown, Dumbbell, Flag, Flame, GraduationCap, Library, type LucideIcon, Map, Medal, Mountain, Sprout, Star, Sun, Target, Tent, Trophy, Users } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { queries } from "../app/api";
import { useFormat } from "../app/format";
import { Answer, Card, Stack } from "../app/ui";
import css from "./social.module.css";

/** By the names of the achievements' file. */
const ICONS: Readonly<Record<string, LucideIcon>> = {
  bird: Bird, books: Library, calendar: CalendarDays, cap: GraduationCap, crown: Crown, dumbbell: Dumbbell, flag: Flag, flame: Flame, map: Map,
  medal: Medal, mountain: Mountain, owl: Bird, people: Users, seedling: Sprout, star: Star, sun: Sun, target: Target, tent: Tent, trophy: Trophy,
};

/** What somebody has achieved. */
export function Badges({ userId, empty }: { userId: string; empty?: ReactNode }) {
  const { t } = useTranslation();
  const format = useFormat();
  const badges = queries.useQuery("get", "/api/v1/people/{user_id}/badges", { params: { path: { user_id: userId } } });
  if (badges.data?.length === 0) return empty;
  return (
    <Card aria-label={t("social.badges")}>
      <Stack>
        <h2>{t("social.badges")}</h2>
        <Answer of={badges}>
          {(items) => (
            <ul className={css.badges}>
              {items.map(({ id, level, icon, title, text, awarded_at }) => {
                const Icon = ICONS[icon] ?? Award;
                return <li key={`${id}:${level}`} className={css.badge} title={text}><Icon aria-hidden size={32} color="var(--gold)" /><b>{title}</b><small>{format.date(awarded_at)}</small></li>;
              })}
            </ul>
          )}
        </Answer>
      </Stack>
    </Card>
  );
}

// What was achieved, what comes next, and that there are secrets.

import {
  Award, Bird, CalendarDays, Crown, Dumbbell, Flag, Flame, GraduationCap, Library, Lock, Map as MapIcon, Moon, Mountain, Sparkles, Sprout,
  Star, Sun, Target, Tent, Trophy, Users,
} from "lucide-react";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useFrame } from "../app/live";
import { Answer, Bar, Card, Chip, Empty, Stack } from "../app/ui";
import css from "./game.module.css";

type Achievement = Schemas["AchievementOut"];

/** By the names that the server's file uses; an operator's own may be others. */
const ICONS: Record<string, ComponentType<{ size?: number; "aria-hidden"?: boolean }>> = {
  bird: Bird, books: Library, calendar: CalendarDays, cap: GraduationCap, crown: Crown, dumbbell: Dumbbell, flag: Flag, flame: Flame,
  map: MapIcon, mountain: Mountain, owl: Moon, people: Users, seedling: Sprout, star: Star, sun: Sun, target: Target, tent: Tent, trophy: Trophy,
};

export function AchievementIcon({ name }: { name: string }) {
  const Icon = ICONS[name] ?? Award;
  return <Icon aria-hidden size={24} />;
}

export function Achievements() {
  const { t } = useTranslation();
  const format = useFormat();
  const achievements = queries.useQuery("get", "/api/v1/achievements");
  useFrame("achievement.awarded", () => void achievements.refetch());
  return (
    <Answer of={achievements} lines={6}>
      {({ items, secrets }) => {
        const reached = items.filter((one) => one.level > 0);
        const ahead = items.filter((one) => one.level === 0);
        return (
          <div className={css.sections}>
            <div className={css.head}>
              <h1>{t("game.achievements.title")}</h1>
              <p>{t("game.achievements.count", { done: format.number(reached.length), total: format.number(items.length) })}</p>
            </div>
            {items.length === 0 && <Empty title={t("game.achievements.none")} />}
            {reached.length > 0 && <Group title={t("game.achievements.reached")} items={reached} />}
            {ahead.length > 0 && <Group title={t("game.achievements.ahead")} items={ahead} />}
            {secrets > 0 && <p className={css.soft}><Sparkles aria-hidden size={16} /> {t("game.achievements.secrets", { count: secrets })}</p>}
          </div>
        );
      }}
    </Answer>
  );
}

function Group({ title, items }: { title: string; items: Achievement[] }) {
  return (
    <section>
      <Stack>
        <h2>{title}</h2>
        <ul className={css.grid}>{items.map((one) => <li key={one.id}><One achievement={one} names={items} /></li>)}</ul>
      </Stack>
    </section>
  );
}

function One({ achievement: { id, title, text, icon, value, levels, level, gems, locked, needs, awards }, names }: { achievement: Achievement; names: Achievement[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const next = levels[level];
  const progress = next === undefined ? t("game.achievements.all_levels") : t("game.quests.progress", { done: format.number(Math.min(value, next)), target: format.number(next) });
  const [last] = awards;
  const missing = needs.map((need) => names.find((one) => one.id === need.achievement)?.title).filter(Boolean);
  return (
    <Card className={css.tile ?? ""} aria-label={title}>
      <span className={css.icon} data-dim={level === 0}>{locked ? <Lock aria-hidden size={24} /> : <AchievementIcon name={icon} />}</span>
      <div className={css.tileText}>
        <h3 id={id}>{title}</h3>
        <p>{text}</p>
      </div>
      <div className={css.line}>
        {levels.length > 1 ? <span>{t("game.achievements.level", { level: format.number(level), most: format.number(levels.length) })}</span> : <span>{level ? t("game.achievements.done") : ""}</span>}
        <span className={css.numbers}>{progress}</span>
      </div>
      {next !== undefined && <Bar share={value / next} label={`${title}: ${progress}`} />}
      <div className={css.line}>
        <span className={css.soft}>{last ? format.date(last.awarded_at) : locked && missing.length ? t("game.achievements.needs", { names: missing.join(", ") }) : ""}</span>
        {next !== undefined && gems > 0 && <Chip>{t("game.gems.count", { count: gems, shown: format.number(gems) })}</Chip>}
      </div>
    </Card>
  );
}

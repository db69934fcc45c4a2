// What gems buy, what runs of it, what is worn, and where gems came from and went.

import { useQueryClient } from "@tanstack/react-query";
import { Gem, Heart, Palette, Snowflake, Zap } from "lucide-react";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { api, body, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useFrame } from "../app/live";
import { useMutation } from "../app/mutation";
import { useLogin } from "../app/session";
import { Answer, Button, Card, Chip, Empty, Notice, Stack } from "../app/ui";
import { Face } from "../app/ui/face";
import { say, useComplaint } from "../app/ui/toasts";
import css from "./game.module.css";
import { Gems, useGems, useGemsChanged } from "./Gems";
import { TimeLeft } from "./TimeLeft";

type Item = Schemas["ItemOut"];
const PATH = "/api/v1/shop";
const ICONS: Record<Item["kind"], ComponentType<{ size?: number; "aria-hidden"?: boolean }>> = {
  streak_freeze: Snowflake, hearts_refill: Heart, xp_boost: Zap, cosmetic: Palette,
};

export function Shop() {
  const { t } = useTranslation();
  const shop = queries.useQuery("get", PATH);
  return (
    <Stack>
      <div className={css.head}><h1>{t("game.shop.title")}</h1><Gems /></div>
      <Boosts />
      <Answer of={shop} lines={6}>
        {({ items }) => {
          const helps = items.filter((item) => item.kind !== "cosmetic");
          const looks = items.filter((item) => item.kind === "cosmetic");
          return (
            <div className={css.sections}>
              {items.length === 0 && <Empty title={t("game.shop.none")} />}
              {helps.length > 0 && <Shelf title={t("game.shop.helps")} items={helps} />}
              {looks.length > 0 && <Shelf title={t("game.shop.looks")} items={looks} />}
            </div>
          );
        }}
      </Answer>
      <Entries />
    </Stack>
  );
}

/** Those that run now, and those that wait for their end. */
function Boosts() {
  const { t } = useTranslation();
  const boosts = queries.useQuery("get", "/api/v1/boosts");
  const items = boosts.data?.items ?? [];
  if (!items.length) return null;
  return (
    <Notice tone="good">
      {items.map((boost) => {
        const runs = new Date(boost.starts_at).getTime() <= Date.now();
        return (
          <div key={boost.starts_at}>
            {t(runs ? "game.shop.boost_runs" : "game.shop.boost_waits", { times: boost.factor })}{" "}
            {runs && <TimeLeft until={boost.ends_at} over={() => void boosts.refetch()} />}
          </div>
        );
      })}
    </Notice>
  );
}

function Shelf({ title, items }: { title: string; items: Item[] }) {
  return (
    <section>
      <Stack>
        <h2>{title}</h2>
        <ul className={css.grid}>{items.map((item) => <li key={item.id}><OnShelf item={item} /></li>)}</ul>
      </Stack>
    </section>
  );
}

function useShopAgain(): () => void {
  const queryClient = useQueryClient();
  const gemsChanged = useGemsChanged();
  return () => {
    gemsChanged();
    for (const path of [PATH, "/api/v1/boosts", "/api/v1/hearts", "/api/v1/streak", "/api/v1/profile"]) void queryClient.invalidateQueries({ queryKey: ["get", path] });
  };
}

function OnShelf({ item }: { item: Item }) {
  const { t } = useTranslation();
  const format = useFormat();
  const gems = useGems();
  const again = useShopAgain();
  const complain = useComplaint();
  const buy = useMutation({
    mutationFn: () => body(api.POST("/api/v1/shop/purchases", { body: { item_id: item.id } })),
    retry: 1,
    onSuccess: () => say(t("game.shop.bought", { name: item.name })),
    onError: complain,
    onSettled: again,
  });
  const wear = useMutation({
    mutationFn: async () => {
      const of = { params: { path: { item_id: item.id } } };
      if (item.worn) await api.DELETE("/api/v1/shop/worn/{item_id}", of);
      else await api.PUT("/api/v1/shop/worn/{item_id}", of);
    },
    onError: complain,
    onSettled: again,
  });
  const Icon = ICONS[item.kind];
  const me = useLogin((login) => login.user?.name ?? "");
  const missing = item.price - (gems ?? item.price);
  return (
    <Card className={css.tile ?? ""} aria-label={item.name}>
      {item.slot === "frame" ? <Face name={me} size={48} frame={item.id} /> : <span className={css.icon} data-tone={item.kind === "hearts_refill" ? "bad" : "brand"}><Icon aria-hidden size={24} /></span>}
      <div className={css.tileText}>
        <h3>{item.name}</h3>
        <p>{item.description}</p>
      </div>
      {item.owned ? (
        <Button isDisabled={wear.isPending} onPress={() => wear.mutate()} aria-label={t(item.worn ? "game.shop.take_off_named" : "game.shop.wear_named", { name: item.name })}>
          {t(item.worn ? "game.shop.take_off" : "game.shop.wear")}
        </Button>
      ) : (
        <Button look={missing > 0 ? "plain" : "primary"} isDisabled={missing > 0 || buy.isPending} onPress={() => buy.mutate()} aria-label={t("game.shop.buy_named", { name: item.name, price: format.number(item.price) })}>
          <Gem aria-hidden size={18} /><span className={css.numbers}>{format.number(item.price)}</span>
        </Button>
      )}
      {item.worn ? <Chip tone="good">{t("game.shop.worn")}</Chip> : missing > 0 && !item.owned && <span className={css.soft}>{t("game.shop.missing", { count: missing, shown: format.number(missing) })}</span>}
    </Card>
  );
}

function Entries() {
  const { t } = useTranslation();
  const format = useFormat();
  const entries = queries.useInfiniteQuery("get", "/api/v1/gems/entries", { params: { query: { limit: 10 } } }, {
    pageParamName: "cursor", initialPageParam: null as string | null, getNextPageParam: (page) => page.next_cursor,
  });
  useFrame("gems.changed", () => void entries.refetch());
  return (
    <Card>
      <h2>{t("game.gems.entries")}</h2>
      <Answer of={entries}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (!items.length) return <p className={css.soft}>{t("game.gems.none")}</p>;
          return (
            <ul className={css.list}>
              {items.map((entry) => (
                <li key={entry.id}>
                  <span>{t(`game.gems.reason_${entry.reason}`, { defaultValue: t("game.gems.reason_other") })} <span className={css.soft}>{format.time(entry.at)}</span></span>
                  <strong className={css.numbers}>{format.signed(entry.amount)}</strong>
                </li>
              ))}
            </ul>
          );
        }}
      </Answer>
      {entries.hasNextPage && <Button small isDisabled={entries.isFetchingNextPage} onPress={() => void entries.fetchNextPage()}>{t("game.more")}</Button>}
    </Card>
  );
}

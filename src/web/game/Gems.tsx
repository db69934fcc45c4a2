import { useQueryClient } from "@tanstack/react-query";
import { Gem } from "lucide-react";
import { useTranslation } from "react-i18next";
import { queries } from "../app/api";
import { useFormat } from "../app/format";
import { useFrame } from "../app/live";
import css from "./game.module.css";

const PATH = "/api/v1/gems";

/** How many there are, as it changes. */
export function useGems(): number | undefined {
  const queryClient = useQueryClient();
  const gems = queries.useQuery("get", PATH);
  useFrame("gems.changed", (frame) => {
    queryClient.setQueryData<typeof gems.data>(queries.queryOptions("get", PATH).queryKey, (known) =>
      known && known.version > frame.version ? known : { gems: frame.gems, version: frame.version });
  });
  return gems.data?.gems;
}

/** After whatever paid or cost some: also where no frame comes. */
export function useGemsChanged(): () => void {
  const queryClient = useQueryClient();
  return () => {
    for (const path of [PATH, "/api/v1/gems/entries"]) void queryClient.invalidateQueries({ queryKey: ["get", path] });
  };
}

export function Gems() {
  const { t } = useTranslation();
  const format = useFormat();
  const gems = useGems();
  if (gems === undefined) return null;
  return (
    <span className={css.gems} role="status">
      <Gem aria-hidden size={20} /><span aria-hidden>{format.number(gems)}</span>
      <span className="visually-hidden">{t("game.gems.count", { count: gems, shown: format.number(gems) })}</span>
    </span>
  );
}

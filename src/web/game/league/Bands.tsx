// The board of one league: who goes up at the end of the week, who stays, who goes down.

import { ArrowDown, ArrowUp, Minus } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../app/api";
import css from "../game.module.css";
import type { Board } from "../newest";
import { Lines } from "./Lines";
import { useMoves } from "./moves";

const ICONS = { promotion: ArrowUp, stay: Minus, demotion: ArrowDown };
const ZONES: Schemas["Zone"][] = ["promotion", "stay", "demotion"];

export function Bands({ board }: { board: Board }) {
  const { t } = useTranslation();
  const box = useMoves();
  return (
    <div className={css.bands} ref={box}>
      {ZONES.map((zone) => {
        const lines = board.entries.filter((entry) => entry.zone === zone);
        const Icon = ICONS[zone];
        if (!lines.length) return null;
        return (
          <section key={zone} aria-labelledby={`zone-${zone}`}>
            <h3 className={css.bandTitle} data-zone={zone} id={`zone-${zone}`}><Icon aria-hidden size={16} />{t(`game.league.zone_${zone}`)}</h3>
            <Lines lines={lines} you={board.you} />
          </section>
        );
      })}
    </div>
  );
}

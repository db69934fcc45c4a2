// Flashcards: I judge myself how well I remembered, and am told when a card comes again.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { api, body, type Schemas } from "../../app/api";
import { useMutation } from "../../app/mutation";
import { Answer, Bar, Button, ButtonLink, Empty, Row } from "../../app/ui";
import { useComplaint } from "../../app/ui/toasts";
import { changed } from "../offline/waiting";
import { type Rating, RATINGS, TwoSides } from "../player/kinds/TwoSides";
import css from "../player/player.module.css";
import { Sound } from "../player/Sound";

type Card = Schemas["FlashcardOut"];

const BATCH = 20;
const NEW = 5;
/** A card that comes again within this time comes again in this round. */
const SOON_S = 20 * 60;

export function Cards() {
  const { courseId = "" } = useParams();
  const cards = useQuery({
    queryKey: ["learning", "cards", courseId],
    queryFn: () => body(api.GET("/api/v1/courses/{course_id}/flashcards", { params: { path: { course_id: courseId }, query: { limit: BATCH, new: NEW } } })),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  return <Answer of={cards}>{(found) => <Round key={cards.dataUpdatedAt} cards={found.cards} again={() => void cards.refetch()} />}</Answer>;
}

function Round({ cards, again }: { cards: readonly Card[]; again: () => void }) {
  const { t } = useTranslation();
  const { courseId = "" } = useParams();
  const navigate = useNavigate();
  const client = useQueryClient();
  const complain = useComplaint();
  const [waiting, setWaiting] = useState(cards);
  const [done, setDone] = useState(0);
  const shown = useRef(performance.now());
  const card = waiting[0];
  useEffect(() => {
    shown.current = performance.now();
  }, [card, done]);
  const review = useMutation({
    mutationFn: ({ given, rating }: { given: Card; rating: Rating }) =>
      body(
        api.POST("/api/v1/courses/{course_id}/flashcards/{item_id}/reviews", {
          params: { path: { course_id: courseId, item_id: given.item_id } },
          body: { rating, elapsed_ms: Math.min(86_400_000, Math.round(performance.now() - shown.current)) },
        }),
      ),
    onSuccess: (next, { given }) => {
      setDone((before) => before + 1);
      setWaiting(([, ...others]) => (next.interval_s <= SOON_S && others.length ? [...others, given] : others));
      changed(client);
    },
    onError: complain,
  });
  if (!card) {
    return (
      <main className={css.result}>
        <Empty title={t(done ? "cards.done" : "cards.none")}>
          <p>{t(done ? "cards.done_detail" : "cards.none_detail", { count: done })}</p>
          <Row>
            <ButtonLink look="primary" href="/practice">{t("cards.back")}</ButtonLink>
            {done > 0 && <Button onPress={again}>{t("cards.more")}</Button>}
          </Row>
        </Empty>
      </main>
    );
  }
  const when = Object.fromEntries(RATINGS.map((rating) => [rating, shortly(card.intervals_s[rating], t)]));
  return (
    <div className={css.player}>
      <header className={css.head}>
        <Button look="quiet" aria-label={t("player.leave")} onPress={() => void navigate("/practice")}><X aria-hidden /></Button>
        <Bar share={done / (done + waiting.length)} label={t("cards.progress", { done, total: done + waiting.length })} />
      </header>
      <main className={css.body}>
        <h1 className={css.task}>{t("player.task.flashcard")}</h1>
        {card.audio && <Sound key={card.item_id} audio={card.audio} isMain />}
        <TwoSides
          key={`${card.item_id} ${done}`} isLocked={review.isPending} note={card.note} when={when}
          front={{ texts: [card.front], language: card.front_language, picture: card.image }}
          back={{ texts: card.back, language: card.back_language, picture: card.back_image, recording: card.back_audio }}
          onRate={(rating) => review.mutate({ given: card, rating })}
        />
      </main>
    </div>
  );
}

const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60]] as const;

/** "10 min", "3 days". */
function shortly(seconds: number, t: (key: string, options: { count: number }) => string): string {
  const [unit, length] = UNITS.find(([, one]) => seconds >= one) ?? UNITS[2];
  return t(`cards.in_${unit}`, { count: Math.max(1, Math.round(seconds / length)) });
}

// "My answer should be accepted", or something else is wrong: goes to whoever writes the course.

import { Flag } from "lucide-react";
import { useState } from "react";
import { Radio, RadioGroup, Label } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "../../app/api";
import { useMutation } from "../../app/mutation";
import { Button, Dialog, Field, Row } from "../../app/ui";
import { say, useComplaint } from "../../app/ui/toasts";
import css from "./player.module.css";
import type { Exercise, Session } from "./queue";

type Reason = Schemas["ExerciseReportIn"]["reason"];

/** Kinds whose authors can accept another answer; of the others only the exercise itself can be wrong. */
const DISPUTABLE = new Set<Exercise["kind"]>(["cloze", "dialogue", "listen_tap", "listen_type", "short_answer", "speak", "translate", "word_bank"]);

interface Props {
  session: Session;
  exercise: Exercise;
  wasWrong: boolean;
}

export function Objection({ session, exercise, wasWrong }: Props) {
  const { t } = useTranslation();
  const complain = useComplaint();
  const [isOpen, setIsOpen] = useState(false);
  const isDisputable = wasWrong && DISPUTABLE.has(exercise.kind);
  const reasons: Reason[] = [...(isDisputable ? ["accept" as const] : []), "prompt", ...(hasSound(exercise) ? ["audio" as const] : [])];
  const [reason, setReason] = useState<Reason>(reasons[0] ?? "prompt");
  const [text, setText] = useState("");
  const report = useMutation({
    mutationFn: () => api.POST("/api/v1/sessions/{session_id}/reports", { params: { path: { session_id: session.id } }, body: { exercise_id: exercise.id, reason, text } }),
    onSuccess: () => {
      say(t("player.objection_sent"));
      setIsOpen(false);
    },
    onError: complain,
  });
  if (report.isSuccess) return <span className={css.soundNote}>{t("player.objection_done")}</span>;
  return (
    <>
      <Button look="quiet" small onPress={() => setIsOpen(true)}><Flag aria-hidden size={16} />{t(isDisputable ? "player.objection" : "player.report")}</Button>
      <Dialog title={t("player.report_title")} isOpen={isOpen} onClose={() => setIsOpen(false)}>
        <RadioGroup value={reason} onChange={(value) => setReason(value as Reason)} className={css.reasons ?? ""}>
          <Label className="visually-hidden">{t("player.report_title")}</Label>
          {reasons.map((one) => <Radio key={one} value={one} className={css.reason ?? ""}><span className={css.radio} aria-hidden />{t(`player.reason.${one}`)}</Radio>)}
        </RadioGroup>
        <Field label={t("player.report_text")} lines={2} maxLength={500} value={text} onChange={setText} />
        <Row>
          <Button look="primary" isDisabled={report.isPending} onPress={() => report.mutate()}>{t("player.report_send")}</Button>
          <Button onPress={() => setIsOpen(false)}>{t("player.stay_out")}</Button>
        </Row>
      </Dialog>
    </>
  );
}

const hasSound = (exercise: Exercise) => Boolean(exercise.audio) || exercise.kind.startsWith("listen") || exercise.kind === "dialogue";

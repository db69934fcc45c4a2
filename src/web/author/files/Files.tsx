// A course out of the house and into it again, as a file.

import { useMutation } from "../../app/mutation";
import { Download, FileUp } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { queries } from "../../app/api";
import { Answer, Button, Card, Notice, Row, Stack } from "../../app/ui";
import { Pick } from "../../app/ui/choice";
import { useComplaint } from "../../app/ui/toasts";
import { download } from "../../app/download";
import css from "../author.module.css";
import { useDraft } from "../draft";
import { Remarks } from "./Import";
import { Begin } from "./Imports";

export function Files() {
  const { t } = useTranslation();
  const draft = useDraft();
  const complain = useComplaint();
  const formats = queries.useQuery("get", "/api/v1/authoring/formats", {}, { staleTime: Infinity });
  const [format, setFormat] = useState("lyceum");
  const [of, setOf] = useState<"draft" | "published">("draft");
  const [imports, setImports] = useState(false);
  const report = queries.useQuery("get", "/api/v1/authoring/courses/{course_id}/export/report", { params: { path: { course_id: draft.id }, query: { format, of } } }, { retry: false });
  const save = useMutation({ mutationFn: () => download(`/api/v1/authoring/courses/${draft.id}/export?${new URLSearchParams({ format, of })}`, `${draft.slug}.${format}`), onError: complain });
  return (
    <>
      <header className={css.head}><div><h1>{t("author.place.files")}</h1><p className={css.soft}>{t("author.files_lead")}</p></div></header>
      <Card>
        <Stack>
          <h2>{t("author.export.title")}</h2>
          <div className={css.pair}>
            <Pick label={t("author.import.format")} options={(formats.data?.items ?? []).filter((one) => one.written).map((one) => ({ value: one.name, name: one.title }))} value={format} onChange={setFormat} />
            <Pick label={t("author.export.of")} options={[{ value: "draft" as const, name: t("author.export.draft") }, { value: "published" as const, name: t("author.export.published") }]} value={of} onChange={setOf} />
          </div>
          <Answer of={report} lines={1}>
            {({ items, total }) => (total === 0 ? <p className={css.soft}>{t("author.export.whole")}</p> : (
              <details className={css.more}><summary>{t("author.export.left_out", { count: total })}</summary><Remarks items={items} /></details>
            ))}
          </Answer>
          <Row><Button look="primary" isDisabled={save.isPending} onPress={() => save.mutate()}><Download aria-hidden size={18} />{t("author.export.save")}</Button></Row>
        </Stack>
      </Card>
      {draft.may_edit && (
        <Card>
          <Stack>
            <h2>{t("author.import.into")}</h2>
            <Notice tone="warn">{t("author.import.into_detail")}</Notice>
            <Row><Button onPress={() => setImports(true)}><FileUp aria-hidden size={18} />{t("author.import.choose")}</Button></Row>
          </Stack>
        </Card>
      )}
      <Begin courseId={draft.id} isOpen={imports} onClose={() => setImports(false)} />
    </>
  );
}

// One person as staff see them. Each look is written down.

import { useState } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { proven } from "../../account/stepup";
import { api, body, queries, type Schemas } from "../../app/api";
import { useFormat } from "../../app/format";
import { lookThrough, useLogin } from "../../app/session";
import { Answer, Button, ButtonLink, Chip, css as ui, Notice, Row } from "../../app/ui";
import { Ask, useRefresh } from "../acting";
import { useMay } from "../Operator";
import css from "../operator.module.css";
import { Ago, Checks, Facts, Head, ONCE, useFilters, Who } from "../parts";
import { Access } from "./Access";
import { Deliveries } from "./Deliveries";
import { Payments } from "./Payments";
import { Sessions } from "./Sessions";

type Details = Schemas["PersonDetailsOut"];
const ROLES = ["learner", "teacher", "author", "moderator", "support", "admin"] as const;
const STAFF = new Set(["moderator", "support", "admin"]);

export function Person() {
  const { userId = "" } = useParams();
  const person = queries.useQuery("get", "/api/v1/admin/users/{user_id}", { params: { path: { user_id: userId } } }, ONCE);
  return <Answer of={person}>{(found) => <Shown key={found.id} person={found} />}</Answer>;
}

function Shown({ person }: { person: Details }) {
  const { t } = useTranslation();
  const format = useFormat();
  const support = useMay("admin", "support");
  const admin = useMay("admin");
  const [address, choose] = useFilters();
  const panels = [
    ["sessions", Sessions],
    ["payments", Payments],
    ["access", Access],
    ["deliveries", Deliveries],
  ] as const;
  const tab = panels.find(([id]) => id === address.get("tab")) ?? panels[0];
  return (
    <>
      <Head title={person.name}><Actions person={person} /></Head>
      {person.banned_at && <Notice tone="bad">{t("operate.people.banned_since", { date: format.time(person.banned_at), reason: person.ban_reason ?? "" })}</Notice>}
      {person.merged_into && <Notice>{t("operate.people.merged_into")} <Who id={person.merged_into} /></Notice>}
      <Facts
        of={[
          [t("operate.people.email"), person.email ? <>{person.email} <Chip tone={person.email_verified ? "good" : "warn"}>{t(person.email_verified ? "operate.people.verified" : "operate.people.unverified")}</Chip></> : t("operate.people.guest")],
          [t("operate.people.username"), person.username],
          [t("operate.people.roles"), <Row>{person.roles.map((role) => <Chip key={role}>{t(`operate.role.${role}`)}</Chip>)}</Row>],
          [t("operate.people.scoped"), person.scoped.length ? person.scoped.map((one) => `${t(`operate.role.${one.role}`)}: ${one.kind} ${one.id.slice(-8)}`).join(", ") : null],
          [t("operate.people.language"), `${format.language(person.locale)} · ${person.time_zone}`],
          [t("operate.people.since"), format.date(person.created_at)],
          [t("operate.people.seen"), <Ago at={person.last_seen_at} />],
          [t("operate.people.id"), <span className={css.code}>{person.id}</span>],
        ]}
      />
      {admin && (
        <Row>
          <ButtonLink small href={`/admin/audit?person=${person.id}`}>{t("operate.people.audit")}</ButtonLink>
          <ButtonLink small href={`/admin/audit?by=${person.id}`}>{t("operate.people.audit_by")}</ButtonLink>
        </Row>
      )}
      {support && (
        <Tabs className={css.tabs ?? ""} selectedKey={tab[0]} onSelectionChange={(id) => choose("tab", String(id))}>
          <TabList className={ui.tabs ?? ""} aria-label={t("operate.people.about", { name: person.name })}>
            {panels.map(([id]) => <Tab key={id} id={id} className={ui.tab ?? ""}>{t(`operate.${id}.title`)}</Tab>)}
          </TabList>
          {panels.map(([id, Panel]) => <TabPanel key={id} id={id} className={css.section ?? ""}><Panel userId={person.id} /></TabPanel>)}
        </Tabs>
      )}
    </>
  );
}

function Actions({ person }: { person: Details }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const refresh = useRefresh("/api/v1/admin/users");
  const [asked, setAsked] = useState<"ban" | "unban" | "roles" | "look" | null>(null);
  const me = useLogin((login) => login.user?.id === person.id);
  const may = { ban: useMay("admin", "moderator"), roles: useMay("admin"), look: useMay("admin", "support") };
  const staff = person.roles.some((role) => STAFF.has(role));
  if (me || person.merged_into) return null;
  const params = { path: { user_id: person.id } };
  const close = () => setAsked(null);
  const look = async (begun: Schemas["ImpersonationOut"]) => {
    await lookThrough(begun);
    await navigate("/learn");
  };
  return (
    <Row>
      {may.look && !staff && !person.banned_at && <Button onPress={() => setAsked("look")}>{t("operate.look.begin")}</Button>}
      {may.roles && <Button onPress={() => setAsked("roles")}>{t("operate.people.change_roles")}</Button>}
      {may.ban && (person.banned_at ? <Button onPress={() => setAsked("unban")}>{t("operate.people.unban")}</Button> : <Button look="danger" onPress={() => setAsked("ban")}>{t("operate.people.ban")}</Button>)}
      {asked === "ban" && (
        <Ask
          title={t("operate.people.ban_title", { name: person.name })} why={t("operate.people.ban_why")} act={t("operate.people.ban")} danger reason={t("operate.reason")}
          onClose={close} onAct={(reason) => api.PUT("/api/v1/admin/users/{user_id}/ban", { params, body: { reason } })} onDone={refresh}
        />
      )}
      {asked === "unban" && (
        <Ask
          title={t("operate.people.unban_title", { name: person.name })} act={t("operate.people.unban")}
          onClose={close} onAct={() => api.DELETE("/api/v1/admin/users/{user_id}/ban", { params })} onDone={refresh}
        />
      )}
      {asked === "roles" && <Roles of={person} onClose={close} onDone={refresh} />}
      {asked === "look" && (
        <Ask
          title={t("operate.look.title", { name: person.name })} why={t("operate.look.why")} act={t("operate.look.begin")} reason={t("operate.reason")}
          onClose={close} onAct={(purpose) => proven(() => body(api.POST("/api/v1/admin/users/{user_id}/impersonate", { params, body: { purpose } })))} onDone={look}
        />
      )}
    </Row>
  );
}

function Roles({ of, onClose, onDone }: { of: Details; onClose: () => void; onDone: () => Promise<void> }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<string[]>(of.roles);
  const change = (reason: string) =>
    proven(() => api.PUT("/api/v1/admin/users/{user_id}/roles", { params: { path: { user_id: of.id } }, body: { reason, roles: ROLES.filter((role) => chosen.includes(role)) } }));
  return (
    <Ask title={t("operate.people.roles_title", { name: of.name })} act={t("operate.save")} reason={t("operate.reason")} onClose={onClose} onAct={change} onDone={onDone}>
      <Checks label={t("operate.people.roles")} choices={ROLES.map((role) => [role, t(`operate.role.${role}`)])} value={chosen} onChange={setChosen} />
    </Ask>
  );
}

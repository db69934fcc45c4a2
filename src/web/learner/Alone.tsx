// Around screens that fill the page: for people who are logged in.

import { useTranslation } from "react-i18next";
import { Navigate, Outlet, useLocation } from "react-router";
import { useLogin } from "../app/session";

export function Alone() {
  const { t } = useTranslation();
  const { phase } = useLogin();
  const { pathname } = useLocation();
  if (phase === "visitor") return <Navigate to="/login" replace state={{ from: pathname }} />;
  return (
    <>
      <title>{`${t(pathname.startsWith("/review") ? "nav.practice" : "nav.learn")} – Lyceum`}</title>
      <Outlet />
    </>
  );
}

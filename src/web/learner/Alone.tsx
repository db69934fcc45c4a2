// Around screens that fill the page: for people who are logged in.

import { Navigate, Outlet, useLocation } from "react-router";
import { useLogin } from "../app/session";

export function Alone() {
  const { phase } = useLogin();
  const { pathname } = useLocation();
  if (phase === "visitor") return <Navigate to="/login" replace state={{ from: pathname }} />;
  return <Outlet />;
}

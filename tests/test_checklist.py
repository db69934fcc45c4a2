"""Lines 1 to 31 of the security checklist, each with the tests that hold it.

Invariant: a line whose test is renamed or removed is noticed here. Nothing is run; the names are read out of the files.
"""

import ast
import functools
import re
from pathlib import Path

import pytest

from app.asgi import create_app
from app.config import Settings

_TESTS = Path(__file__).parent
_IDENTITY = "domains/identity/test_"

LINES: dict[str, list[str]] = {
    "1 passwords of 8 to 128 characters, compared exactly, common ones refused offline": [
        _IDENTITY + "identity_policy::test_other_passwords_are_kept_to_the_letter",
        _IDENTITY + "identity_policy::test_guessable_passwords_are_refused",
        _IDENTITY + "identity_policy::test_what_others_have_chosen_before_is_refused_offline",
    ],
    "2 ten logins at once do not stall the loop": [
        _IDENTITY + "login::test_ten_logins_at_once_are_hashed_beside_the_loop_two_at_a_time"
    ],
    "3 known and unknown addresses are answered alike": [
        _IDENTITY + "login::test_a_known_and_an_unknown_email_fail_alike_after_the_same_work",
        _IDENTITY + "codes::test_known_and_unknown_addresses_are_answered_alike_for_the_same_work",
    ],
    "4 growing delay per account and per address, no permanent lock, forged addresses change nothing": [
        _IDENTITY + "limits::test_one_guesser_cannot_keep_the_owner_out_of_a_new_place",
        _IDENTITY + "limits::test_failures_slow_an_address_down_whatever_it_claims",
        _IDENTITY + "limits::test_guesses_from_many_addresses_leave_the_owners_places_alone",
        _IDENTITY + "identity_policy::test_one_address_cannot_keep_an_account_shut_for_strangers",
    ],
    "5 the failure counter survives the 401": [_IDENTITY + "limits::test_failures_slow_a_place_down_and_are_kept"],
    "6 codes are random, single use, short-lived, bound and hashed; a new one kills the old": [
        _IDENTITY + "codes::test_a_code_from_the_mail_logs_in_once",
        _IDENTITY + "codes::test_a_code_is_good_for_who_asked_and_for_ten_minutes",
        _IDENTITY + "codes::test_a_new_code_kills_the_one_before",
        _IDENTITY + "codes::test_no_code_is_stored_or_sent_through_the_outbox",
        _IDENTITY + "codes::test_five_wrong_guesses_use_a_code_up",
    ],
    "7 a reset skips no second factor; changes of address, password and factors need a fresh login": [
        _IDENTITY + "codes::test_a_reset_sets_the_password_ends_every_session_and_logs_nobody_in",
        _IDENTITY + "second_factor::test_no_way_in_skips_the_second_factor",
        _IDENTITY + "codes::test_an_address_or_a_password_changes_only_within_five_minutes_of_a_login",
        _IDENTITY + "second_factor::test_changes_want_a_login_of_the_last_five_minutes",
    ],
    "8 a TOTP code works once": [
        _IDENTITY + "second_factor::test_a_code_works_once",
        _IDENTITY + "second_factor::test_a_code_works_once_also_in_many_logins_at_once",
    ],
    "9 a replayed refresh token kills its family, parallel ones keep one": [
        _IDENTITY + "login::test_a_replayed_refresh_token_kills_its_family",
        _IDENTITY + "login::test_parallel_refreshes_keep_one_live_family",
        _IDENTITY + "identity_policy::test_what_presenting_a_refresh_token_means",
    ],
    "10 refresh tokens end after 30 days, or 7 idle ones": [
        _IDENTITY + "login::test_a_login_ends_when_idle_for_a_week_or_after_thirty_days"
    ],
    "11 logout, ban and a new password end API access within 60 s and sockets within 5 s": [
        _IDENTITY + "login::test_logging_out_ends_the_session_at_once",
        _IDENTITY + "login::test_a_ban_shuts_the_api_within_a_minute",
        _IDENTITY + "codes::test_a_new_password_ends_every_other_session",
        _IDENTITY + "sessions::test_another_process_refuses_an_ended_login_within_a_minute",
        "realtime/test_gateway::test_an_ended_login_closes_its_sockets_everywhere",
        "journeys/test_ended_logins::test_the_sockets_of_an_ended_login_close",
    ],
    "12 a person lists and ends logins; staff too": [
        _IDENTITY + "sessions::test_a_person_sees_their_own_devices_by_name_and_no_address",
        _IDENTITY + "sessions::test_ending_one_device_leaves_the_others",
        _IDENTITY + "sessions::test_staff_end_the_logins_of_somebody_and_it_is_written_down",
    ],
    "13 none, HS with the public key, wrong algorithm": [
        _IDENTITY + "jwt::test_line_13_no_algorithm_or_another_one_is_401"
    ],
    "14 every claim is required, and access is not refresh": [
        _IDENTITY + "jwt::test_line_14_every_claim_is_required_and_a_refresh_token_is_no_access_token"
    ],
    "15 a token's own keys are ignored, an unknown one costs one look": [
        _IDENTITY + "jwt::test_line_15_keys_that_a_token_brings_are_ignored_and_an_unknown_one_costs_one_look",
        _IDENTITY + "tokens::test_an_unknown_key_costs_one_look_in_thirty_seconds",
    ],
    "16 a weak key stops the start; rotation keeps old tokens valid": [
        _IDENTITY + "jwt::test_line_16_a_key_that_is_not_fit_to_sign_stops_the_start",
        _IDENTITY + "jwt::test_line_16_rotation_keeps_old_tokens_valid",
    ],
    "17 admin and payment routes read the role again": [
        _IDENTITY + "jwt::test_line_17_admin_and_payment_routes_read_the_role_again"
    ],
    "18 route by role, generated from the route table, default deny": [
        "app/test_route_matrix::test_every_route_answers_everybody_as_the_table_says",
        "app/test_route_matrix::test_the_table_is_default_deny",
        "app/test_http::test_every_route_that_is_not_named_public_wants_a_token",
    ],
    "19 every query is scoped to its owner": [
        _IDENTITY + "sessions::test_ending_one_device_leaves_the_others",
        _IDENTITY + "exports::test_a_copy_tells_of_nobody_else",
        "domains/kernel/test_idempotency::test_a_key_of_somebody_else_is_another_key",
    ],
    "20 somebody else's id answers like a missing one": [
        _IDENTITY + "sessions::test_somebody_elses_login_looks_like_one_that_does_not_exist",
        _IDENTITY + "passkeys::test_anothers_passkey_is_not_there",
        "domains/learning/test_sessions::test_somebody_elses_session_looks_like_a_missing_one",
        "domains/classrooms/test_classes::test_somebody_elses_class_answers_like_a_missing_one",
        "domains/profiles/test_friends::test_whoever_is_not_to_be_seen_is_missing_in_the_same_words",
    ],
    "21 injected ids, roles, XP and dates change nothing": [
        _IDENTITY + "login::test_bad_or_injected_fields_are_refused",
        "test_checklist::test_no_request_may_say_what_the_server_decides",
    ],
    "22 other learners see no address, hash or secret": [
        "domains/profiles/test_friends::test_each_sees_what_the_other_shows_them_and_nobody_an_address",
        "app/test_http::test_a_password_never_comes_back",
    ],
    "23 membership is checked at every join": [
        "realtime/test_rooms::test_the_right_is_asked_at_every_join",
        "realtime/test_rooms::test_whoever_loses_the_right_is_taken_out_and_told",
    ],
    "24 what is not JSON is 415": ["app/test_http::test_a_body_that_is_not_json_is_refused"],
    "25 bodies of 256 KB, depth, NUL and lone surrogates": [
        "app/test_http::test_a_body_over_the_limit_is_refused_whether_or_not_it_says_its_length",
        "app/test_http::test_a_body_of_the_wrong_form_is_400_and_never_500",
        _IDENTITY + "login::test_a_lone_surrogate_is_refused",
    ],
    "26 headers within 10 s, bodies within 30 s": [
        "app/test_server::test_a_request_that_does_not_come_whole_is_given_up",
        "app/test_server::test_a_drop_every_now_and_then_buys_no_time",
    ],
    "27 exact origins, for REST and sockets": [
        "app/test_http::test_only_named_origins_may_call_from_a_browser",
        "realtime/test_gateway::test_only_listed_origins_may_connect",
    ],
    "28 HSTS, nosniff, CSP, no-store": [
        "app/test_http::test_answers_carry_security_headers_and_are_not_stored",
        "domains/notifications/test_links::test_what_mails_link_to_answers_with_a_page_that_no_referrer_leaves",
    ],
    "29 cookies are __Host-, Secure, HttpOnly, SameSite": [
        _IDENTITY + "cookies::test_the_refresh_token_is_in_the_cookie_and_not_in_the_body",
        _IDENTITY + "cookies::test_a_page_of_another_origin_gets_nothing",
    ],
    "30 forwarded addresses from listed proxies only": [
        "app/test_server::test_a_forwarded_address_is_believed_of_listed_proxies_only",
        "app/test_doctor::test_a_proxy_in_front_is_trusted_and_nobody_else",
        _IDENTITY + "limits::test_failures_slow_an_address_down_whatever_it_claims",
    ],
    "31 no token in any address": [
        "test_checklist::test_no_secret_is_taken_out_of_an_address",
        "domains/notifications/test_links::test_opening_a_link_does_not_use_it_up_and_its_secret_is_behind_the_hash",
        _IDENTITY + "oidc::test_the_login_leads_to_the_provider_with_pkce_and_back_to_the_page_without_a_token",
    ],
}
"""By line: file and test, without `.py`."""


@functools.cache
def _tests_in(file: str) -> frozenset[str]:
    tree = ast.parse((_TESTS / f"{file}.py").read_text())
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(function.name for function in functions)


def test_there_is_a_test_for_each_of_the_31_lines() -> None:
    assert [int(line.split()[0]) for line in LINES] == list(range(1, 32))


@pytest.mark.parametrize("line", LINES)
def test_the_tests_of_a_line_are_there(line: str) -> None:
    assert LINES[line]
    for name in LINES[line]:
        file, _, test = name.partition("::")
        assert test in _tests_in(file), name


def test_no_request_may_say_what_the_server_decides() -> None:
    """By its schema: unknown fields are refused, so a field that is not named cannot be set."""
    schemas = create_app(Settings()).openapi_schema.to_schema()["components"]["schemas"]
    decided = {"id", "user_id", "xp", "xp_total", "is_admin", "created_at", "email_verified", "banned", "deletion_at"}
    for name, schema in schemas.items():
        if name.endswith("In") and name not in _NAMES_SOMEBODY_ELSE:
            assert not decided & set(schema.get("properties", {})), name


_NAMES_SOMEBODY_ELSE = {"FriendQuestIn", "FriendRequestIn", "FriendStreakIn", "GrantIn", "ScopedRoleIn"}
"""Whom one asks to be friends with, or to share a quest or streak; to whom an admin gives access; the course or class
of a role."""


def test_no_secret_is_taken_out_of_an_address() -> None:
    document = create_app(Settings()).openapi_schema.to_schema()
    secret = re.compile(r"token|secret|password|api_?key$|\bcode\b", re.IGNORECASE)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] in {"query", "path"} and (path, parameter["name"]) not in _OF_ELSEWHERE:
                    assert not secret.search(parameter["name"]), f"{path} {parameter['name']}"


_OF_ELSEWHERE = {("/api/v1/auth/oidc/{provider}/callback", "code")}
"""What other systems' protocols put into an address, good once and only with what is kept elsewhere."""

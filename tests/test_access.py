"""The access matrix: every address of the portal, every person, GET and POST (security.md: BEH-01, 02, 03, 09).

TABLE says what each person gets at Trosa's addresses. An address without a row fails the test, and so does a row without
an address. A POST is sent empty: where 200 or 422 comes back, the person was let in to a form that asks for the rest. A
method without a row is answered 405, in the admin 404 to those who are not SKR's. Whatever is refused has changed nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from http.cookies import SimpleCookie

import pytest
from django.http import HttpResponse
from django.urls import reverse

from accounts.models import AuditEvent, User
from submissions.services import storage
from tests import addresses
from tests.addresses import Route
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.everywhere import answers, bare_refusals, taken_back
from tests.guards.database import reads_only
from tests.scene import CANARIES, Scene

pytestmark = pytest.mark.django_db

# Cia is Läsare, Bo Uppgiftslämnare and Anna Kontaktperson of Trosa; Dan is Kontaktperson of Nyköping; Hanna is Handläggare,
# Sam Samordnare, Stina Statistiker and Sten Systemadministratör at SKR.
TABLE = """
                                                  Cia   Bo    Anna  Dan   Hanna Sam   Stina Sten
# Start and account
  start                                      GET   200   200   200   200   302   302   302   302
  start                                      POST  200   200   200   200   302   302   302   302
  accounts:start                             GET   200   200   200   200   200   200   200   200
  accounts:start                             POST  302   302   302   302   302   302   302   302
  accounts:code                              GET   200   200   200   200   200   200   200   200
  accounts:code                              POST  302   302   302   302   302   302   302   302
  accounts:verified                          GET   200   200   200   200   200   200   200   200
  accounts:verified                          POST  302   302   302   302   302   302   302   302
  accounts:current_password                  GET   200   200   200   200   200   200   200   200
  accounts:current_password                  POST  302   302   302   302   302   302   302   302
  accounts:qr                                GET   200   200   200   200   200   200   200   200
  accounts:qr                                POST  302   302   302   302   302   302   302   302
  accounts:one_time_code                     GET   200   200   200   200   200   200   200   200
  accounts:one_time_code                     POST  302   302   302   302   302   302   302   302
  accounts:challenge                         GET   200   200   200   200   200   200   200   200
  accounts:challenge                         POST  302   302   302   302   302   302   302   302
  accounts:recovery_code                     GET   200   200   200   200   200   200   200   200
  accounts:recovery_code                     POST  302   302   302   302   302   302   302   302
  accounts:new_password                      GET   200   200   200   200   200   200   200   200
  accounts:new_password                      POST  302   302   302   302   302   302   302   302
  accounts:notice                            GET   200   200   200   200   200   200   200   200
  accounts:notice                            POST  302   302   302   302   302   302   302   302
  accounts:sign_in_code                      GET   200   200   200   200   200   200   200   200
  accounts:sign_in_code                      POST  302   302   302   302   302   302   302   302
  accounts:step_up                           GET   200   200   200   200   200   200   200   200
  accounts:step_up                           POST  200   200   200   200   200   200   200   200
  accounts:sign_in_recovery_code             GET   200   200   200   200   200   200   200   200
  accounts:sign_in_recovery_code             POST  302   302   302   302   302   302   302   302
  accounts:end_viewing                       POST  302   302   302   302   302   302   302   302
  accounts:sign_out                          POST  302   302   302   302   302   302   302   302
  accounts:security                          GET   200   200   200   200   200   200   200   200
  accounts:change_password                   GET   200   200   200   200   200   200   200   200
  accounts:change_password                   POST  200   200   200   200   200   200   200   200
  accounts:new_phone                         GET   200   200   200   200   200   200   200   200
  accounts:new_phone                         POST  302   302   302   302   302   302   302   302
  accounts:new_codes                         GET   200   200   200   200   403   403   403   403
  accounts:new_codes                         POST  302   302   302   302   403   403   403   403
  accounts:new_codes_file                    GET   302   302   302   302   302   302   302   302
  accounts:change_address                    GET   200   200   200   200   200   200   200   200
  accounts:change_address                    POST  200   200   200   200   200   200   200   200
  accounts:change_address_code               GET   302   302   302   302   302   302   302   302
  accounts:change_address_code               POST  302   302   302   302   302   302   302   302
  accounts:end_session                       POST  302   302   302   302   302   302   302   302
  accounts:end_other_sessions                POST  302   302   302   302   302   302   302   302
  accounts:session_time                      GET   200   200   200   200   200   200   200   200
  accounts:session_time                      POST  200   200   200   200   200   200   200   200
  accounts:drafts                            GET   200   200   200   200   200   200   200   200
  accounts:drafts                            POST  302   302   302   302   302   302   302   302
# Inlämning
  submissions:overview                       GET   302   302   302   302   302   302   302   302
  submissions:submission                     GET   200   200   200   404   200   200   200   404
  submissions:upload                         GET   200   200   200   404   200   200   200   404
  submissions:upload                         POST  403   422   422   404   403   403   403   404
  submissions:version                        GET   200   200   200   404   200   200   200   404
  submissions:activate                       POST  403   302   302   404   403   403   403   404
  submissions:deliver_for_real               POST  403   302   302   404   403   403   403   404
  submissions:download                       POST  403   200   200   404   403   403   403   404
  submissions:review                         GET   200   200   200   404   200   200   200   404
  submissions:tables                         GET   200   200   200   404   200   200   200   404
  submissions:table                          GET   200   200   200   404   200   200   200   404
  submissions:table_file                     GET   200   200   200   404   200   200   200   404
  submissions:compare                        GET   200   200   200   404   200   200   200   404
  submissions:findings                       GET   200   200   200   404   200   200   200   404
  submissions:reveal_findings                POST  403   200   200   404   403   403   403   404
  submissions:comment                        POST  403   422   422   404   403   403   403   404
  submissions:remove_comment                 POST  403   302   302   404   403   403   403   404
  submissions:followed                       GET   200   200   200   404   200   200   200   404
  submissions:save_draft                     POST  403   302   302   404   403   403   403   404
  submissions:ask_group                      GET   403   200   200   404   200   200   200   404
  submissions:ask_group                      POST  403   200   200   404   200   200   200   404
  submissions:ask_row                        GET   403   200   200   404   200   200   200   404
  submissions:ask_row                        POST  403   200   200   404   200   200   200   404
  submissions:matter                         GET   302   302   302   404   302   302   302   404
  submissions:row                            GET   200   200   200   404   200   200   200   404
  submissions:reveal_row                     POST  403   200   200   404   403   403   403   404
  submissions:correct                        POST  403   302   302   404   403   403   403   404
  submissions:rows                           GET   200   200   200   404   200   200   200   404
  submissions:person_rows                    POST  422   422   422   404   422   422   422   404
  submissions:downloads                      GET   200   200   200   404   200   200   200   404
  submissions:corrected_file                 POST  403   200   200   404   403   403   403   404
  submissions:findings_report                POST  403   422   422   404   403   403   403   404
  submissions:marked_rows                    POST  403   422   422   404   403   403   403   404
  submissions:change_list                    GET   200   200   200   404   200   200   200   404
  submissions:change_list_file               POST  403   422   422   404   403   403   403   404
  submissions:corrections                    GET   200   200   200   404   200   200   200   404
  submissions:undo                           POST  403   302   302   404   403   403   403   404
  submissions:undo_batch                     POST  403   302   302   404   403   403   403   404
  submissions:preview_batch                  POST  403   200   200   404   403   403   403   404
  submissions:correct_batch                  POST  403   422   422   404   403   403   403   404
  submissions:try_value                      POST  403   200   200   404   403   403   403   404
  submissions:codes                          GET   200   200   200   404   200   200   200   404
  submissions:supplements                    GET   200   200   200   404   200   200   200   404
  submissions:add_supplement                 POST  403   422   422   404   403   403   403   404
  submissions:choose_payroll_system          POST  403   422   422   404   403   403   403   404
  submissions:remove_supplement              POST  403   302   302   404   403   403   403   404
  submissions:download_supplement            POST  403   200   200   404   403   403   403   404
  submissions:hand_in                        GET   200   200   200   404   200   200   200   404
  submissions:hand_in                        POST  403   302   302   404   403   403   403   404
  submissions:nobody_employed                GET   200   200   200   404   200   200   200   404
  submissions:nobody_employed                POST  403   302   302   404   403   403   403   404
  submissions:choose_encoding                POST  403   302   302   404   403   403   403   404
  submissions:withdraw                       POST  403   302   302   404   403   403   403   404
  submissions:quality                        GET   200   200   200   404   200   200   200   404
  submissions:receipt                        GET   302   302   302   404   302   302   302   404
  submissions:receipt_file                   GET   404   404   404   404   404   404   404   404
  submissions:ask_to_reopen                  GET   200   200   200   404   200   200   200   404
  submissions:ask_to_reopen                  POST  403   422   422   404   403   403   403   404
  submissions:take_back_request              POST  403   302   302   404   403   403   403   404
# Uppskov
  deferrals:overview                         GET   200   200   200   200   200   200   200   200
  deferrals:unit                             GET   200   200   200   404   200   200   200   404
  deferrals:ask                              GET   403   302   302   302   403   403   403   403
  deferrals:ask                              POST  403   302   302   302   403   403   403   403
  deferrals:withdraw                         POST  403   302   302   404   403   403   403   403
  deferrals:ask_to_be_exempt                 GET   403   302   302   404   403   403   403   403
  deferrals:ask_to_be_exempt                 POST  403   200   200   404   403   403   403   403
  deferrals:withdraw_exemption               POST  403   302   302   404   403   403   403   403
  deferrals:calendar                         GET   200   200   200   200   404   404   404   404
  deferrals:unit_calendar                    GET   200   200   200   404   200   200   200   404
# Profil & enheter
  profiles:overview                          GET   200   200   200   200   200   200   200   200
  profiles:details                           GET   200   200   200   200   200   200   200   200
  profiles:details                           POST  200   200   200   200   200   200   200   200
  profiles:mail_notices                      GET   200   200   200   200   200   200   200   200
  profiles:mail_notices                      POST  200   200   200   200   200   200   200   200
  profiles:ask_access                        GET   200   200   200   200   403   403   403   403
  profiles:ask_access                        POST  404   404   404   404   403   403   403   403
  profiles:withdraw_request                  POST  404   404   404   404   404   404   404   404
  profiles:answer_request                    GET   403   403   200   404   403   403   403   403
  profiles:answer_request                    POST  403   403   200   404   403   403   403   403
  profiles:hand_over                         GET   403   403   200   404   403   403   403   403
  profiles:hand_over                         POST  403   403   200   404   403   403   403   403
  profiles:answer_handover                   GET   404   404   403   404   404   404   404   404
  profiles:answer_handover                   POST  404   404   403   404   404   404   404   404
  profiles:withdraw_handover                 POST  403   403   302   404   403   403   403   403
  profiles:unit                              GET   200   200   200   404   200   200   200   200
  profiles:unit_facts                        GET   200   200   200   404   200   200   200   200
  profiles:contact_person                    GET   403   403   200   404   403   403   403   403
  profiles:contact_person                    POST  403   403   200   404   403   403   403   403
  profiles:add_number                        GET   403   403   200   404   403   403   403   403
  profiles:add_number                        POST  403   403   200   404   403   403   403   403
  profiles:end_number                        POST  403   403   302   404   403   403   403   403
  profiles:insight                           GET   200   200   200   404   200   200   200   200
  profiles:export_insight                    POST  403   200   200   404   403   403   403   403
  profiles:invite                            GET   403   403   200   404   403   403   403   403
  profiles:invite                            POST  403   403   200   404   403   403   403   403
  profiles:invite_many                       GET   403   403   200   404   403   403   403   403
  profiles:invite_many                       POST  403   403   200   404   403   403   403   403
  profiles:resend_invitation                 POST  403   403   302   404   403   403   403   403
  profiles:correct_address                   GET   403   403   200   404   403   403   403   403
  profiles:correct_address                   POST  403   403   200   404   403   403   403   403
  profiles:revoke_invitation                 POST  403   403   302   404   403   403   403   403
  profiles:member                            GET   403   403   200   404   403   403   403   403
  profiles:member                            POST  403   403   200   404   403   403   403   403
  profiles:end_membership                    POST  403   403   302   404   403   403   403   403
  profiles:confirm_people                    GET   403   403   200   404   403   403   403   403
  profiles:confirm_people                    POST  403   403   200   404   403   403   403   403
  profiles:leave                             GET   200   200   200   404   404   404   404   404
  profiles:leave                             POST  302   302   403   404   404   404   404   404
# Meddelanden
  messaging:overview                         GET   200   200   200   200   200   200   200   200
  messaging:overview                         POST  302   302   302   302   302   302   302   302
  messaging:new                              GET   403   200   200   200   200   200   200   403
  messaging:new                              POST  403   200   200   200   200   200   200   403
  messaging:thread                           GET   200   200   200   404   200   200   200   404
  messaging:thread                           POST  403   200   200   404   200   200   200   404
  messaging:attachment                       GET   200   200   200   404   200   200   200   404
  messaging:news                             GET   200   200   200   404   200   200   200   404
  messaging:tick                             POST  403   302   302   404   403   403   403   404
  messaging:untick                           POST  403   302   302   404   403   403   403   404
  messaging:close                            POST  403   302   302   404   302   302   302   404
# SKR's administration
  admin:index                                GET   404   404   404   404   200   200   200   200
  admin:login                                GET   302   302   302   302   302   302   302   302
  admin:login                                POST  302   302   302   302   302   302   302   302
  admin:logout                               GET   404   404   404   404   302   302   302   302
  admin:logout                               POST  404   404   404   404   307   307   307   307
  admin:jsi18n                               GET   404   404   404   404   200   200   200   200
  admin:accounts_auditevent_changelist       GET   404   404   404   404   403   403   403   200
  admin:accounts_auditevent_change           GET   404   404   404   404   403   403   403   200
  admin:profiles_unit_changelist             GET   404   404   404   404   200   200   200   200
  admin:profiles_unit_invite                 GET   404   404   404   404   403   200   403   403
  admin:profiles_unit_invite                 POST  404   404   404   404   403   200   403   403
  admin:profiles_unit_relate                 GET   404   404   404   404   403   200   403   403
  admin:profiles_unit_relate                 POST  404   404   404   404   403   200   403   403
  admin:profiles_unit_end_relation           GET   404   404   404   404   403   200   403   403
  admin:profiles_unit_end_relation           POST  404   404   404   404   403   200   403   403
  admin:profiles_unit_answer_request         GET   404   404   404   404   403   200   403   403
  admin:profiles_unit_answer_request         POST  404   404   404   404   403   200   403   403
  admin:profiles_unitmerger_changelist       GET   404   404   404   404   200   200   200   403
  admin:profiles_unitmerger_change           GET   404   404   404   404   200   200   200   403
  admin:profiles_unitmerger_plan             GET   404   404   404   404   403   200   403   403
  admin:profiles_unitmerger_plan             POST  404   404   404   404   403   200   403   403
  admin:profiles_unitmerger_undo             POST  404   404   404   404   403   302   403   403
  admin:profiles_unit_rename                 GET   404   404   404   404   403   200   403   403
  admin:profiles_unit_rename                 POST  404   404   404   404   403   200   403   403
  admin:profiles_unit_withdraw_name          POST  404   404   404   404   403   302   403   403
  admin:profiles_unit_note                   POST  404   404   404   404   200   200   200   403
  admin:profiles_unit_correct_note           GET   404   404   404   404   200   200   200   403
  admin:profiles_unit_correct_note           POST  404   404   404   404   200   200   200   403
  admin:profiles_unit_pin_note               POST  404   404   404   404   302   302   302   403
  admin:profiles_unit_unpin_note             POST  404   404   404   404   302   302   302   403
  admin:profiles_unit_remove_note            POST  404   404   404   404   302   302   302   403
  admin:profiles_unit_change                 GET   404   404   404   404   200   200   200   200
  admin:profiles_membership_changelist       GET   404   404   404   404   200   200   200   200
  admin:profiles_membership_change           GET   404   404   404   404   200   200   200   200
  admin:accounts_user_changelist             GET   404   404   404   404   403   200   403   200
  admin:accounts_user_suspend                POST  404   404   404   404   403   403   403   302
  admin:accounts_user_restore                POST  404   404   404   404   403   403   403   302
  admin:accounts_user_end_session            POST  404   404   404   404   403   403   403   302
  admin:accounts_user_end_sessions           POST  404   404   404   404   403   403   403   302
  admin:accounts_user_reopen_codes           POST  404   404   404   404   403   302   403   403
  admin:accounts_user_change                 GET   404   404   404   404   403   200   403   200
  admin:accounts_recoverycase_changelist     GET   404   404   404   404   403   200   403   200
  admin:accounts_recoverycase_open           GET   404   404   404   404   403   200   403   403
  admin:accounts_recoverycase_open           POST  404   404   404   404   403   200   403   403
  admin:accounts_recoverycase_approve        POST  404   404   404   404   403   403   403   302
  admin:accounts_recoverycase_cancel         POST  404   404   404   404   403   302   403   302
  admin:accounts_recoverycase_change         GET   404   404   404   404   403   200   403   200
  admin:accounts_invitation_changelist       GET   404   404   404   404   403   200   403   200
  admin:accounts_invitation_resend           POST  404   404   404   404   403   302   403   403
  admin:accounts_invitation_correct_address  GET   404   404   404   404   403   200   403   403
  admin:accounts_invitation_correct_address  POST  404   404   404   404   403   200   403   403
  admin:accounts_invitation_revoke           POST  404   404   404   404   403   302   403   403
  admin:accounts_invitation_change           GET   404   404   404   404   403   200   403   200
  admin:messaging_thread_changelist          GET   404   404   404   404   200   200   200   403
  admin:messaging_thread_start               GET   404   404   404   404   200   200   200   403
  admin:messaging_thread_start               POST  404   404   404   404   200   200   200   403
  admin:messaging_thread_reply               POST  404   404   404   404   200   200   200   403
  admin:messaging_thread_close               POST  404   404   404   404   302   302   302   403
  admin:messaging_thread_change              GET   404   404   404   404   200   200   200   403
  admin:messaging_thread_questions           GET   404   404   404   404   200   200   200   403
  admin:messaging_thread_questions           POST  404   404   404   404   200   200   200   403
  admin:messaging_thread_reopen              POST  404   404   404   404   302   302   302   403
  admin:messaging_thread_assign              POST  404   404   404   404   302   302   302   403
  admin:messaging_thread_snooze              POST  404   404   404   404   200   200   200   403
  admin:messaging_thread_note                POST  404   404   404   404   200   200   200   403
  admin:messaging_replytemplate_changelist   GET   404   404   404   404   200   200   200   403
  admin:messaging_replytemplate_new          GET   404   404   404   404   200   200   200   403
  admin:messaging_replytemplate_new          POST  404   404   404   404   200   200   200   403
  admin:messaging_replytemplate_save         POST  404   404   404   404   200   200   200   403
  admin:messaging_replytemplate_use          POST  404   404   404   404   302   302   302   403
  admin:messaging_replytemplate_change       GET   404   404   404   404   200   200   200   403
  admin:messaging_outgoingmail_changelist    GET   404   404   404   404   403   403   403   200
  admin:messaging_outgoingmail_change        GET   404   404   404   404   403   403   403   200
  admin:submissions_collection_changelist    GET   404   404   404   404   200   200   200   200
  admin:submissions_collection_change        GET   404   404   404   404   200   200   200   200
  admin:submissions_collection_production    GET   404   404   404   404   403   403   200   403
  admin:submissions_collection_make_production POST 404  404   404   404   403   403   200   403
  admin:submissions_collection_fetch_production GET 404  404   404   404   403   403   404   403
  admin:submissions_collection_fetch_production POST 404 404   404   404   403   403   404   403
  admin:submissions_collection_deferral_rules POST 404   404   404   404   403   200   403   403
  admin:submissions_collection_new           GET   404   404   404   404   403   403   200   403
  admin:submissions_collection_new           POST  404   404   404   404   403   403   302   403
  admin:submissions_collection_calendar      GET   404   404   404   404   403   200   200   403
  admin:submissions_collection_calendar      POST  404   404   404   404   403   200   200   403
  admin:submissions_collection_choose_layout POST  404   404   404   404   403   403   200   403
  admin:submissions_layout_new               GET   404   404   404   404   403   403   200   403
  admin:submissions_layout_new               POST  404   404   404   404   403   403   200   403
  admin:submissions_layout_field             GET   404   404   404   404   403   403   200   403
  admin:submissions_layout_field             POST  404   404   404   404   403   403   200   403
  admin:submissions_layout_remove            POST  404   404   404   404   403   403   302   403
  admin:submissions_layout_difference        GET   404   404   404   404   200   200   200   403
  admin:submissions_layout_fields_file       GET   404   404   404   404   200   200   200   403
  admin:submissions_layout_changelist        GET   404   404   404   404   200   200   200   403
  admin:submissions_layout_change            GET   404   404   404   404   200   200   200   403
  admin:submissions_codelist_changelist      GET   404   404   404   404   200   200   200   403
  admin:submissions_codelist_change          GET   404   404   404   404   200   200   200   403
  admin:submissions_codelist_read_in         GET   404   404   404   404   403   403   200   403
  admin:submissions_codelist_read_in         POST  404   404   404   404   403   403   200   403
  admin:submissions_codelist_confirm         POST  404   404   404   404   403   403   302   403
  admin:submissions_codelist_try             POST  404   404   404   404   403   403   302   403
  admin:submissions_codelist_undo            POST  404   404   404   404   403   403   302   403
  admin:submissions_codelist_establish       POST  404   404   404   404   403   403   200   403
  admin:submissions_codelist_codes_file      GET   404   404   404   404   200   200   200   403
  admin:submissions_checksetting_health      GET   404   404   404   404   200   200   200   403
  admin:submissions_checksetting_changelist  GET   404   404   404   404   200   200   200   403
  admin:submissions_checksetting_change      GET   404   404   404   404   200   200   200   403
  admin:submissions_checksetting_edit        GET   404   404   404   404   403   403   200   403
  admin:submissions_checksetting_edit        POST  404   404   404   404   403   403   200   403
  admin:submissions_checksetting_copy        POST  404   404   404   404   403   403   302   403
  admin:submissions_trial_changelist         GET   404   404   404   404   200   200   200   403
  admin:submissions_trial_change             GET   404   404   404   404   200   200   200   403
  admin:submissions_trial_activate           POST  404   404   404   404   403   403   302   403
  admin:submissions_trial_cancel             POST  404   404   404   404   403   403   302   403
  admin:submissions_submission_changelist    GET   404   404   404   404   200   200   200   403
  admin:submissions_submission_begin_review  POST  404   404   404   404   302   302   302   403
  admin:submissions_submission_approve       POST  404   404   404   404   302   302   302   403
  admin:submissions_submission_return        POST  404   404   404   404   200   200   200   403
  admin:submissions_submission_open_again    POST  404   404   404   404   302   302   302   403
  admin:submissions_submission_refuse_to_reopen POST 404 404   404   404   200   200   200   403
  admin:submissions_submission_note          POST  404   404   404   404   200   200   200   403
  admin:submissions_submission_point         GET   404   404   404   404   200   200   200   403
  admin:submissions_submission_point         POST  404   404   404   404   200   200   200   403
  admin:submissions_submission_remove_point  POST  404   404   404   404   302   302   302   403
  admin:submissions_submission_accept        POST  404   404   404   404   302   302   302   403
  admin:submissions_submission_unaccept      POST  404   404   404   404   302   302   302   403
  admin:submissions_submission_accept_check  POST  404   404   404   404   302   302   302   403
  admin:submissions_submission_waive         GET   404   404   404   404   200   200   200   403
  admin:submissions_submission_waive         POST  404   404   404   404   200   200   200   403
  admin:submissions_waiver_changelist        GET   404   404   404   404   200   200   200   403
  admin:submissions_waiver_change            GET   404   404   404   404   200   200   200   403
  admin:submissions_waiver_end               POST  404   404   404   404   302   302   302   403
  admin:submissions_submission_view_as       GET   404   404   404   404   200   200   200   403
  admin:submissions_submission_view_as       POST  404   404   404   404   200   200   200   403
  admin:profiles_unit_view_as                GET   404   404   404   404   200   200   200   403
  admin:profiles_unit_view_as                POST  404   404   404   404   200   200   200   403
  admin:submissions_submission_ask           GET   404   404   404   404   200   200   200   403
  admin:submissions_submission_ask           POST  404   404   404   404   200   200   200   403
  admin:submissions_submission_group         GET   404   404   404   404   200   200   200   403
  admin:submissions_submission_reveal        GET   404   404   404   404   200   200   200   403
  admin:submissions_submission_reveal        POST  404   404   404   404   200   200   200   403
  admin:submissions_submission_supplement    GET   404   404   404   404   200   403   200   403
  admin:submissions_submission_supplement    POST  404   404   404   404   200   403   200   403
  admin:submissions_submission_export        GET   404   404   404   404   200   403   200   403
  admin:submissions_submission_export        POST  404   404   404   404   200   403   200   403
  admin:submissions_submission_change        GET   404   404   404   404   200   200   200   403
  admin:submissions_submission_concerns      GET   404   404   404   404   200   200   200   403
  admin:deferrals_deferral_changelist        GET   404   404   404   404   200   200   200   403
  admin:deferrals_deferral_grant             POST  404   404   404   404   403   200   403   403
  admin:deferrals_deferral_decline           POST  404   404   404   404   403   200   403   403
  admin:deferrals_deferral_revoke            POST  404   404   404   404   403   200   403   403
  admin:deferrals_deferral_due_dates         GET   404   404   404   404   200   200   200   403
  admin:deferrals_deferral_change            GET   404   404   404   404   200   200   200   403
  admin:accounts_noticetext_changelist       GET   404   404   404   404   403   200   403   200
  admin:accounts_noticetext_write            GET   404   404   404   404   403   200   403   403
  admin:accounts_noticetext_write            POST  404   404   404   404   403   200   403   403
  admin:accounts_noticetext_submit           POST  404   404   404   404   403   302   403   403
  admin:accounts_noticetext_approve          POST  404   404   404   404   403   302   403   302
  admin:accounts_noticetext_discard          POST  404   404   404   404   403   302   403   403
  admin:accounts_noticetext_change           GET   404   404   404   404   403   200   403   200
  admin:messaging_announcement_changelist    GET   404   404   404   404   403   200   403   200
  admin:messaging_announcement_new           GET   404   404   404   404   403   200   403   200
  admin:messaging_announcement_new           POST  404   404   404   404   403   200   403   200
  admin:messaging_announcement_end           POST  404   404   404   404   403   302   403   302
  admin:messaging_announcement_change        GET   404   404   404   404   403   200   403   200
  admin:messaging_knownissue_changelist      GET   404   404   404   404   403   200   200   200
  admin:messaging_knownissue_new             GET   404   404   404   404   403   200   200   200
  admin:messaging_knownissue_new             POST  404   404   404   404   403   200   200   200
  admin:messaging_knownissue_edit            GET   404   404   404   404   403   200   200   200
  admin:messaging_knownissue_edit            POST  404   404   404   404   403   200   200   200
  admin:messaging_knownissue_change          GET   404   404   404   404   403   200   200   200
  admin:messaging_mailtext_changelist        GET   404   404   404   404   403   200   403   403
  admin:messaging_mailtext_word              GET   404   404   404   404   403   200   403   403
  admin:messaging_mailtext_word              POST  404   404   404   404   403   200   403   403
  admin:messaging_mailtext_restore           POST  404   404   404   404   403   302   403   403
  admin:messaging_mailtext_change            GET   404   404   404   404   403   200   403   403
  admin:deferrals_mailing_changelist         GET   404   404   404   404   403   200   403   403
  admin:deferrals_mailing_new                GET   404   404   404   404   403   200   403   403
  admin:deferrals_mailing_new                POST  404   404   404   404   403   200   403   403
  admin:deferrals_mailing_submit             POST  404   404   404   404   403   302   403   403
  admin:deferrals_mailing_approve            POST  404   404   404   404   403   302   403   403
  admin:deferrals_mailing_withdraw           POST  404   404   404   404   403   302   403   403
  admin:deferrals_mailing_change             GET   404   404   404   404   403   200   403   403
  admin:deferrals_exemption_changelist       GET   404   404   404   404   200   200   200   403
  admin:deferrals_exemption_grant            POST  404   404   404   404   403   302   403   403
  admin:deferrals_exemption_decline          POST  404   404   404   404   403   200   403   403
  admin:deferrals_exemption_revoke           POST  404   404   404   404   403   200   403   403
  admin:deferrals_exemption_decide           GET   404   404   404   404   403   200   403   403
  admin:deferrals_exemption_decide           POST  404   404   404   404   403   200   403   403
  admin:deferrals_exemption_change           GET   404   404   404   404   200   200   200   403
  admin:*                                    GET   404   404   404   404   404   404   404   404
  admin:*                                    POST  404   404   404   404   404   404   404   404
# Open to anybody
  check_receipt                              GET   200   200   200   200   200   200   200   200
  check_receipt                              POST  422   422   422   422   422   422   422   422
  verify_receipt                             GET   200   200   200   200   200   200   200   200
  checks                                     GET   200   200   200   200   200   200   200   200
  check                                      GET   200   200   200   200   200   200   200   200
  handbook                                   GET   200   200   200   200   200   200   200   200
  handbook_search                            GET   200   200   200   200   200   200   200   200
  handbook_news                              GET   200   200   200   200   200   200   200   200
  handbook_known_issues                      GET   200   200   200   200   200   200   200   200
  handbook_fields                            GET   200   200   200   200   200   200   200   200
  handbook_field                             GET   200   200   200   200   200   200   200   200
  handbook_layout_file                       GET   200   200   200   200   200   200   200   200
  handbook_code_lists                        GET   200   200   200   200   200   200   200   200
  handbook_code_list                         GET   200   200   200   200   200   200   200   200
  handbook_code_list_file                    GET   200   200   200   200   200   200   200   200
  handbook_sample                            GET   200   200   200   200   200   200   200   200
  handbook_page                              GET   200   200   200   200   200   200   200   200
  privacy                                    GET   200   200   200   200   200   200   200   200
  accessibility                              GET   200   200   200   200   200   200   200   200
  hide_announcement                          POST  302   302   302   302   302   302   302   302
  healthz                                    GET   200   200   200   200   200   200   200   200
  readyz                                     GET   200   200   200   200   200   200   200   200
  metrics                                    GET   404   404   404   404   404   404   404   404
  csp_report                                 POST  204   204   204   204   204   204   204   204
"""

# What answers without a session (security.md BEH-01), to a visitor's GET and POST. Nothing else is open.
OPEN = """
start                    200 200
accounts:start           200 200
accounts:code            302 302
accounts:verified        302 302
accounts:current_password 302 302
accounts:qr              302 302
accounts:one_time_code   302 302
accounts:challenge       302 302
accounts:recovery_code   302 302
accounts:new_password    302 302
accounts:sign_in_code    302 302
accounts:sign_in_recovery_code 302 302
accounts:session_time    200 200
accounts:sign_out        405 302
check_receipt            200 422
verify_receipt           200 405
checks                   200 405
check                    200 405
handbook                 200 405
handbook_search          200 405
handbook_news            200 405
handbook_known_issues    200 405
handbook_fields          200 405
handbook_field           200 405
handbook_layout_file     200 405
handbook_code_lists      200 405
handbook_code_list       200 405
handbook_code_list_file  200 405
handbook_sample          200 405
handbook_page            200 405
privacy                  200 405
accessibility            200 405
hide_announcement        405 302
healthz                  200 405
readyz                   200 405
metrics                  404 405
csp_report               405 204
"""

NAMES = ("cia", "bo", "anna", "dan", "officer", "coordinator", "statistician", "system")
STAFF = frozenset(NAMES[4:])
ROUTES = {route.name: route for route in addresses.routes()}


def rows_of(table: str) -> list[list[str]]:
    """The rows of a table, in words, without headings."""
    lines = [line.split() for line in table.splitlines()]
    return [words for words in lines if len(words) > 1 and words[0] != "#" and words[-1].isdigit()]


EXPECTED = {(words[0], words[1]): dict(zip(NAMES, map(int, words[2:]), strict=True)) for words in rows_of(TABLE)}
# Each list of the admin is to be had as a file by those who may see it.
for name, _ in [row for row in EXPECTED if row[0].endswith("_changelist")]:
    file = name.replace("_changelist", "_list_file")
    EXPECTED |= {(file, "GET"): EXPECTED[name, "GET"], (file, "POST"): EXPECTED[name, "GET"]}
OPEN_TO_ALL = {words[0]: {"GET": int(words[1]), "POST": int(words[2])} for words in rows_of(OPEN)}
REFUSED = frozenset({403, 404, 405})


def expected(route: Route, method: str, name: str) -> int:
    """What the table says, and what its silence means."""
    if (route.name, method) in EXPECTED:
        return EXPECTED[route.name, method][name]
    return 404 if route.name.startswith("admin:") and name not in STAFF else 405


class Visitor:
    """Somebody with a browser, whose every request is undone."""

    def __init__(self, user: User | None = None, *, has_second_factor: bool = True) -> None:
        self.client = GuardedClient(raise_request_exception=False)
        if user and has_second_factor:
            sign_in(self.client, user)
        elif user:
            self.client.force_login(user)
        self.cookies = self.client.cookies.output()

    def ask(self, method: str, address: str, *, changes_nothing: bool = False) -> HttpResponse:
        """The answer. With `changes_nothing` a POST that writes more than the audit trail fails."""
        self.client.cookies = SimpleCookie(self.cookies.replace("Set-Cookie: ", ""))
        guard = reads_only(method, address, frozenset()) if changes_nothing else nullcontext()
        with taken_back(), guard:
            answer = self.client.generic(method, address)
        if method == "POST":
            storage.forget()
        return answer


def misses(visitor: Visitor, asked: Iterator[tuple[Route, str, str, int]] | list[tuple[Route, str, str, int]]) -> list[str]:
    """The lines where the portal and the table differ."""
    found = []
    for route, method, address, status in asked:
        answer = visitor.ask(method, address, changes_nothing=status in REFUSED)
        if answer.status_code != status:
            found.append(f"{method} {address} ({route.name}): {answer.status_code} i stället för {status}")
    return found


def user_of(scene: Scene, name: str) -> User:
    """One of the cast."""
    return getattr(scene.cast, name)


# Every address has its row -------------------------------------------------------------------------------------------


@pytest.mark.asvs("6.1.3", "6.3.3", "6.3.4", "8.2.1", "8.3.1")
def test_beh_01_every_address_has_a_row_and_every_row_an_address() -> None:
    assert {name for name, _ in EXPECTED} == set(ROUTES)


@pytest.mark.asvs("6.1.3", "6.3.3", "6.3.4", "8.2.1", "8.3.1", "13.4.5")
def test_beh_01_only_the_listed_views_are_open() -> None:
    assert {route.name for route in ROUTES.values() if getattr(route.view, "is_open", False)} == set(OPEN_TO_ALL)


# Everybody everywhere ------------------------------------------------------------------------------------------------


@pytest.mark.asvs("8.1.1", "8.1.2", "8.2.1", "8.2.2", "8.4.1")
@pytest.mark.parametrize("name", NAMES)
def test_beh_02_the_table_holds(scene: Scene, name: str) -> None:
    heard = answers(scene, name)
    assert {answer.route.name for answer in heard} == set(ROUTES)
    read = [(answer.route.name, answer.status_code, expected(answer.route, "GET", name)) for answer in heard]
    assert [line for line in read if line[1] != line[2]] == []
    posted = [(route, "POST", addresses.address(route, scene.trosa), expected(route, "POST", name)) for route in ROUTES.values()]
    with bare_refusals():
        assert misses(Visitor(user_of(scene, name)), posted) == []


@pytest.mark.asvs("6.1.3", "6.3.3", "6.3.4", "8.2.1", "8.3.1")
def test_beh_01_a_visitor_gets_the_open_pages_and_is_led_to_the_sign_in_from_all_others(scene: Scene) -> None:
    visitor, start = Visitor(), reverse("start")
    for route in ROUTES.values():
        address = addresses.address(route, scene.trosa)
        for method in ("GET", "POST"):
            answer = visitor.ask(method, address, changes_nothing=True)
            if route.name in OPEN_TO_ALL:
                assert answer.status_code == OPEN_TO_ALL[route.name][method], (method, address)
            else:
                assert answer.status_code == 302, (method, address)
                assert answer.headers["Location"].partition("?")[0] == start, (method, address)


@pytest.mark.asvs("6.1.3", "6.3.3", "6.3.4", "8.2.1", "8.3.1")
def test_beh_01_without_the_second_factor_nothing_that_needs_a_session_answers(scene: Scene) -> None:
    visitor, start = Visitor(scene.cast.anna, has_second_factor=False), reverse("start")
    staff = Visitor(scene.cast.system, has_second_factor=False)
    for route in ROUTES.values():
        if route.name in OPEN_TO_ALL:
            continue
        address = addresses.address(route, scene.trosa)
        for person in (visitor, staff):
            for method in ("GET", "POST"):
                answer = person.ask(method, address, changes_nothing=True)
                assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, start), (method, address)


def test_beh_01_until_the_notice_is_accepted_every_address_leads_to_it(scene: Scene) -> None:
    visitor, notice = Visitor(scene.unread), reverse("accounts:notice")
    for route in ROUTES.values():
        if route.name in {"accounts:notice", "accounts:sign_out"}:
            continue
        address = addresses.address(route, scene.trosa)
        for method in ("GET", "POST"):
            answer = visitor.ask(method, address, changes_nothing=True)
            assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, notice), (method, address)
    assert visitor.ask("GET", notice).status_code == 200


# Another's things ----------------------------------------------------------------------------------------------------


@pytest.mark.asvs("8.1.1", "8.2.2", "8.4.1")
@pytest.mark.parametrize("name", ["cia", "bo", "anna"])
@bare_refusals()
def test_beh_02_another_units_addresses_do_not_exist_and_change_nothing(scene: Scene, name: str) -> None:
    visitor = Visitor(user_of(scene, name))
    with_a_unit = [
        route for route in ROUTES.values() if route.is_of_a_unit or route.name.startswith("messaging:") and route.parameters
    ]
    asked = [
        (route, method, addresses.address(route, scene.other), 404)
        for route in with_a_unit
        for method in ("GET", "POST")
        if expected(route, method, "anna") != 405
    ]
    assert len(asked) > 30
    assert misses(visitor, asked) == []


@pytest.mark.asvs("8.2.2", "8.4.1")
@bare_refusals()
def test_beh_02_the_own_code_opens_no_key_of_another_unit(scene: Scene) -> None:
    """/uppskov/0488/<the other's request>/ta-tillbaka/ and its like: the key is looked for among the unit's own."""
    visitor = Visitor(scene.cast.anna)
    for route in ROUTES.values():
        if not (route.is_of_a_unit and "pk" in route.parameters):
            continue
        address = addresses.address(route, scene.trosa, keys_of=scene.other)
        for method in ("GET", "POST"):
            status = 404 if expected(route, method, "anna") != 405 else 405
            assert visitor.ask(method, address, changes_nothing=True).status_code == status, (method, address)


@pytest.mark.asvs("8.1.1", "8.2.2", "8.4.1", "16.3.2")
def test_beh_02_a_refused_unit_is_in_the_audit_trail(scene: Scene) -> None:
    client = sign_in(GuardedClient(), scene.cast.dan)
    assert client.get(reverse("submissions:review", args=["0488", 2026])).status_code == 404
    event = AuditEvent.objects.filter(code="access:denied").latest("pk")
    assert (event.actor_id, event.unit) == (scene.cast.dan.pk, "0488")
    assert client.get(reverse("submissions:review", args=["9999", 2026])).status_code == 404
    assert AuditEvent.objects.filter(code="access:denied").latest("pk") == event


@pytest.mark.asvs("8.2.2", "8.4.1")
@pytest.mark.parametrize("name", ["cia", "bo", "anna"])
def test_beh_03_nothing_that_another_unit_wrote_is_on_any_page(scene: Scene, name: str) -> None:
    read = 0
    for answer in answers(scene, name):
        if expected(answer.route, "GET", name) != 200:
            continue
        text, is_open = answer.content.decode().lower(), answer.route.name in OPEN_TO_ALL
        assert not [word for word in (*CANARIES, scene.other.unit.name) if word.lower() in text and not is_open], answer.route
        read += 1
    assert read > 15


def test_beh_03_the_canaries_do_sing_at_home(scene: Scene) -> None:
    """Each word of CANARIES stands on some page of the unit that wrote it; else the test above would prove nothing."""
    visitor, seen = Visitor(scene.cast.dan), ""
    for route in ROUTES.values():
        if expected(route, "GET", "anna") == 200:
            answer = visitor.ask("GET", addresses.address(route, scene.other))
            seen += "" if answer.streaming else answer.content.decode().lower()
    address = reverse("submissions:findings", args=["0480", 2026, scene.other.explained.check, scene.other.explained.key])
    seen += visitor.ask("GET", address).content.decode().lower()
    assert [word for word in CANARIES if word.lower() not in seen] == []


@pytest.mark.asvs("8.1.2", "8.2.1", "8.3.1")
def test_beh_09_a_reader_can_post_nothing_on_the_units_data() -> None:
    reader = {key: codes["cia"] for key, codes in EXPECTED.items() if key[1] == "POST" and ROUTES[key[0]].is_of_a_unit}
    assert reader.pop(("profiles:leave", "POST")) == 302  # her own role, which she may give up
    assert reader.pop(("submissions:person_rows", "POST")) == 422  # a search: it reads, and its number is not for an address
    others = [("profiles:ask_access", "POST"), ("profiles:withdraw_request", "POST"), ("profiles:answer_handover", "POST")]
    assert {reader.pop(key, 404) for key in others} == {404}  # a role she has, and what is for others to answer
    assert len(reader) > 12
    assert set(reader.values()) == {403}
    assert {EXPECTED[f"messaging:{name}", "POST"]["cia"] for name in ("new", "thread", "tick", "untick", "close")} == {403}

"""Addresses of Inlämning. None carries a value of the file or a personnummer: groups go by their opaque key, rows by line."""

from django.urls import path

from submissions import views

app_name = "submissions"

_YEAR = "<str:code>/<int:year>/"

urlpatterns = [
    path("", views.overview, name="overview"),
    path(_YEAR, views.submission, name="submission"),
    path(f"{_YEAR}lamna/", views.upload, name="upload"),
    path(f"{_YEAR}version/<int:number>/", views.version, name="version"),
    path(f"{_YEAR}version/<int:number>/aktivera/", views.activate, name="activate"),
    path(f"{_YEAR}version/<int:number>/lamna/", views.deliver_for_real, name="deliver_for_real"),
    path(f"{_YEAR}version/<int:number>/hamta/", views.download, name="download"),
    path(f"{_YEAR}version/<int:number>/teckenkodning/", views.choose_encoding, name="choose_encoding"),
    path(f"{_YEAR}granska/", views.review, name="review"),
    path(f"{_YEAR}tabeller/", views.tables, name="tables"),
    path(f"{_YEAR}tabeller/<str:table>/", views.table, name="table"),
    path(f"{_YEAR}tabeller/<str:table>/hamta/", views.table_file, name="table_file"),
    path(f"{_YEAR}jamfor/", views.compare, name="compare"),
    path(f"{_YEAR}anmarkningar/<str:check>/<str:key>/", views.findings, name="findings"),
    path(f"{_YEAR}anmarkningar/<str:check>/<str:key>/visa/", views.reveal_findings, name="reveal_findings"),
    path(f"{_YEAR}anmarkningar/<str:check>/<str:key>/forklara/", views.comment, name="comment"),
    path(f"{_YEAR}anmarkningar/<str:check>/<str:key>/ta-bort-forklaring/", views.remove_comment, name="remove_comment"),
    path(f"{_YEAR}anmarkningar/<str:check>/<str:key>/utkast/", views.save_draft, name="save_draft"),
    path(f"{_YEAR}anmarkningar/<str:check>/<str:key>/fraga/", views.ask_group, name="ask_group"),
    path(f"{_YEAR}anmarkningar/<str:check>/<str:key>/byt/", views.preview_batch, name="preview_batch"),
    path(f"{_YEAR}anmarkningar/<str:check>/<str:key>/byt/alla/", views.correct_batch, name="correct_batch"),
    path(f"{_YEAR}rader/", views.rows, name="rows"),
    path(f"{_YEAR}rader/person/", views.person_rows, name="person_rows"),
    path(f"{_YEAR}rad/<int:row>/", views.row, name="row"),
    path(f"{_YEAR}rad/<int:row>/fraga/", views.ask_row, name="ask_row"),
    path(f"{_YEAR}arende/<int:pk>/", views.matter, name="matter"),
    path(f"{_YEAR}rad/<int:row>/visa/", views.reveal_row, name="reveal_row"),
    path(f"{_YEAR}rad/<int:row>/falt/<int:field>/ratta/", views.correct, name="correct"),
    path(f"{_YEAR}rad/<int:row>/falt/<int:field>/prova/", views.try_value, name="try_value"),
    path(f"{_YEAR}koder/<int:field>/", views.codes, name="codes"),
    path(f"{_YEAR}hamta/", views.downloads, name="downloads"),
    path(f"{_YEAR}hamta/rattad-fil/", views.corrected_file, name="corrected_file"),
    path(f"{_YEAR}hamta/anmarkningar/", views.findings_report, name="findings_report"),
    path(f"{_YEAR}hamta/felkolumn/", views.marked_rows, name="marked_rows"),
    path(f"{_YEAR}andringslista/", views.change_list, name="change_list"),
    path(f"{_YEAR}andringslista/hamta/", views.change_list_file, name="change_list_file"),
    path(f"{_YEAR}rattelser/", views.corrections, name="corrections"),
    path(f"{_YEAR}rattelser/<int:pk>/angra/", views.undo, name="undo"),
    path(f"{_YEAR}rattelser/samlad/<int:pk>/angra/", views.undo_batch, name="undo_batch"),
    path(f"{_YEAR}foljde-med/", views.followed, name="followed"),
    path(f"{_YEAR}komplettera/", views.supplements, name="supplements"),
    path(f"{_YEAR}komplettera/lagg-till/", views.add_supplement, name="add_supplement"),
    path(f"{_YEAR}komplettera/lonesystem/", views.choose_payroll_system, name="choose_payroll_system"),
    path(f"{_YEAR}komplettera/<int:supplement>/ta-bort/", views.remove_supplement, name="remove_supplement"),
    path(f"{_YEAR}komplettera/<int:supplement>/hamta/", views.download_supplement, name="download_supplement"),
    path(f"{_YEAR}klarmarkera/", views.hand_in, name="hand_in"),
    path(f"{_YEAR}inga-anstallda/", views.nobody_employed, name="nobody_employed"),
    path(f"{_YEAR}ta-tillbaka/", views.withdraw, name="withdraw"),
    path(f"{_YEAR}kvittens/", views.receipt, name="receipt"),
    path(f"{_YEAR}kvittens/fil/", views.receipt_file, name="receipt_file"),
    path(f"{_YEAR}oppna-igen/", views.ask_to_reopen, name="ask_to_reopen"),
    path(f"{_YEAR}oppna-igen/ta-tillbaka/", views.take_back_request, name="take_back_request"),
]

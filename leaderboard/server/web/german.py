"""The problems of a file in German: what is wrong, and what to do.

"{hint}" stands for the hint of the validator: a value, or a sentence that german_phrases translates.
"""

from __future__ import annotations

from typing import Any

from leaderboard.server.web.german_phrases import in_german

PROBLEMS: dict[str, tuple[str, str]] = {
    "NOT_A_FILE": ("das ist keine gewöhnliche Datei", "schicken Sie die CSV-Datei selbst"),
    "TOO_LARGE": ("die Datei ist größer als erlaubt", "schreiben Sie eine Zeile für jede id; höchstens {hint}"),
    "EMPTY": ("die Datei ist leer", "schreiben Sie die Kopfzeile id,label und eine Zeile für jede id"),
    "COMPRESSED": ("die Datei ist komprimiert", "entpacken Sie sie und schicken Sie die CSV-Datei"),
    "BINARY": ("die Datei ist kein Text", "schreiben Sie sie als CSV in UTF-8"),
    "UTF16": ("der Text ist UTF-16 oder UTF-32", "speichern Sie ihn als UTF-8"),
    "NOT_UTF8": ("ein Byte ist kein gültiges UTF-8", "speichern Sie die Datei als UTF-8"),
    "NUL": ("die Datei enthält ein NUL-Byte", "speichern Sie die Datei noch einmal als reinen Text"),
    "SEP_LINE": ("die Zeile ist eine Anweisung an Excel, nicht die Kopfzeile", "löschen Sie sie"),
    "SEPARATOR": ("das Trennzeichen ist kein Komma", "trennen Sie die Spalten in jeder Zeile durch Kommas"),
    "QUOTED_LINES": ("die ganze Zeile steht in Anführungszeichen", "entfernen Sie die Anführungszeichen um jede Zeile"),
    "NO_HEADER": ("die erste Zeile enthält Daten statt der Kopfzeile", "fügen Sie darüber die Zeile {hint} ein"),
    "HEADER_CASE": ("ein Spaltenname ist falsch groß- oder kleingeschrieben", "die erste Zeile muss {hint} lauten"),
    "HEADER_BLANKS": ("vor oder hinter einem Spaltennamen stehen Leerzeichen", "die erste Zeile muss {hint} lauten"),
    "HEADER_ORDER": (
        "die Spalten stehen in der falschen Reihenfolge",
        "schreiben Sie in jede Zeile zuerst die id, dann das label",
    ),
    "HEADER_NAME": ("eine Spalte hat den falschen Namen", "die erste Zeile muss {hint} lauten"),
    "INDEX_COLUMN": ("es gibt eine Spalte mit Zeilennummern", "mit pandas: to_csv(..., index=False)"),
    "EMPTY_COLUMNS": ("am Ende jeder Zeile stehen leere Spalten", "löschen Sie sie in jeder Zeile ({hint})"),
    "EXTRA_COLUMN": ("es gibt eine Spalte zu viel", "{hint}"),
    "MISSING_COLUMN": ("eine Spalte fehlt", "schreiben Sie die Spalten {hint}"),
    "DUPLICATE_COLUMN": ("eine Spalte kommt zweimal vor", "behalten Sie eine der beiden, {hint}"),
    "NO_ROWS": ("auf die Kopfzeile folgt keine Zeile", "schreiben Sie eine Zeile für jede id"),
    "TOO_MANY_ROWS": ("es gibt viel mehr Zeilen als ids", "schreiben Sie eine Zeile für jede id, also {hint}"),
    "BLANK_LINE": ("eine Zeile ist leer", "löschen Sie sie"),
    "FIELDS": ("eine Zeile hat die falsche Anzahl von Feldern", "schreiben Sie genau {hint}"),
    "LONG_LINE": ("eine Zeile ist viel zu lang", "schreiben Sie in jede Zeile genau {hint}"),
    "QUOTES": ("die Anführungszeichen passen nicht zusammen", "schließen Sie jedes oder lassen Sie alle weg"),
    "ROW_OFF": (
        "ids und labels sind vielleicht um eine Zeile verschoben",
        "prüfen Sie, ob jedes label neben seiner id steht, und ergänzen Sie, was fehlt: {hint}",
    ),
    "ID_SHIFTED": ("jede id ist um dieselbe Zahl verschoben", "{hint}"),
    "ID_SCALED": ("jede id ist mit derselben Zahl multipliziert", "{hint}"),
    "ID_EMPTY": ("die id ist leer", "schreiben Sie die id wie in der Beispieldatei"),
    "ID_BLANKS": ("die id enthält Leerzeichen oder unsichtbare Zeichen", "schreiben Sie {hint}"),
    "ID_FORM": ("die id ist anders geschrieben als in der Beispieldatei", "schreiben Sie {hint}"),
    "ID_UNKNOWN": ("die id steht nicht in der Beispieldatei", "behalten Sie genau die ids der Beispieldatei"),
    "ID_TWICE": ("die id kam schon vor", "schreiben Sie jede id nur einmal; zuerst stand sie in Zeile {hint}"),
    "ID_MISSING": ("für diese id fehlt eine Zeile", "schreiben Sie eine Zeile für jede id der Beispieldatei"),
    "LABEL_EMPTY": ("das label ist leer oder fehlt", "schreiben Sie {hint}"),
    "LABEL_BLANKS": ("das label enthält Leerzeichen oder unsichtbare Zeichen", "schreiben Sie {hint}"),
    "LABEL_CASE": ("das label ist falsch groß- oder kleingeschrieben", "schreiben Sie {hint}"),
    "LABEL_NUMBER": ("das label ist eine Zahl, kein Klassenname", "schreiben Sie den Klassennamen, {hint}"),
    "LABEL_FORMULA": ("das label ist eine Formel", "schreiben Sie {hint}"),
    "LABEL_UNKNOWN": ("das label ist keine Klasse", "schreiben Sie {hint}"),
    "DECIMAL_COMMA": ("die Zahl hat ein Dezimalkomma", "verwenden Sie den Dezimalpunkt, etwa {hint}"),
    "PROBABILITY_FORM": ("die Wahrscheinlichkeit ist keine einfache Dezimalzahl", "schreiben Sie {hint}"),
    "PROBABILITY_RANGE": ("die Wahrscheinlichkeit liegt nicht zwischen 0 und 1", "schreiben Sie {hint}"),
    "PROBABILITY_SUM": (
        "die Wahrscheinlichkeiten einer Zeile ergeben in der Summe nicht 1",
        "die Summe jeder Zeile darf um höchstens {hint} von 1 abweichen",
    ),
}


def texts(problem: dict[str, Any]) -> tuple[str, str]:
    """What is wrong and what to do, in German; in English for an unknown problem."""
    if problem["code"] not in PROBLEMS:
        return problem["what"], problem["fix"]
    what, fix = PROBLEMS[problem["code"]]
    return what, fix.replace("{hint}", in_german(problem["hint"]))

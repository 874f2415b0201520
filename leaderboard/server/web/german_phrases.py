"""Sentences of the validator that contain values, in German: the hints of problems and the notes on a file."""

from __future__ import annotations

import re
from functools import partial

from leaderboard.page.german import NARROW_SPACE

# (pattern for the English text, German text); all are tried in this order, and replaced wherever they match.
PHRASES: tuple[tuple[str, str], ...] = (
    (r"^make the first line exactly (.*)$", r"die erste Zeile muss genau \1 lauten"),
    (r"^delete (.*) in every line$", r"löschen Sie \1 in jeder Zeile"),
    (
        r"^this competition does not accept probabilities: .*$",
        "dieser Wettbewerb nimmt keine Wahrscheinlichkeiten an: schreiben Sie unter id,label je Zeile die"
        " wahrscheinlichste Klasse",
    ),
    (r"^one column (.*)$", r"eine Spalte \1"),
    (r"^the first line id,label$", "mit der ersten Zeile id,label"),
    (r"^(\d+) fields", r"\1 Felder"),
    (r": delete the separators at its end$", ": löschen Sie die Trennzeichen am Ende"),
    (r"^the header$", "die Kopfzeile"),
    (r"^the missing id is (.*)$", r"die fehlende id ist \1"),
    (r"^one label at the beginning or end of the file is missing$", "ein label am Anfang oder Ende der Datei fehlt"),
    (
        r"^ids seem to start at (\S+), the sample's start at (\S+): ",
        r"die ids beginnen wohl bei \1, die der Beispieldatei bei \2: ",
    ),
    (r": subtract (\d+) from every id$", r": ziehen Sie von jeder id \1 ab"),
    (r": add (\d+) to every id$", r": addieren Sie zu jeder id \1"),
    (r": subtract (\d+), then divide every id by (\d+)$", r": ziehen Sie von jeder id \1 ab und teilen Sie durch \2"),
    (r": add (\d+), then divide every id by (\d+)$", r": addieren Sie zu jeder id \1 und teilen Sie durch \2"),
    (r": divide every id by (\d+)$", r": teilen Sie jede id durch \1"),
    (r"^one of (.*)$", r"eine der Klassen \1"),
    (r"^(.*) if your numbers follow (.*) from (\d)$", r"\1, wenn Ihre Zahlen ab \3 der Reihenfolge \2 entsprechen"),
    (r"\((\d+) in all\)", r"(\1 insgesamt)"),
    (r"^every number divided by 100, without %$", "jede Zahl durch 100 geteilt, ohne %"),
    (r"^every number divided by 100: they are percent$", "jede Zahl durch 100 geteilt: es sind Prozentwerte"),
    (r"^exp\(\) of every number: they are logarithms$", "exp() jeder Zahl: es sind Logarithmen"),
    (r"^a number such as (.*)$", r"eine Zahl wie \1"),
    (r"^numbers from 0 to 1 \(of logits, the softmax\)$", "Zahlen von 0 bis 1 (bei Logits deren Softmax)"),
    (r"^id and the classes (.*), each above its own column$", r"id und die Klassen \1, jede über ihrer Spalte"),
    (r"^id and all classes; missing: (.*)$", r"id und alle Klassen; es fehlen: \1"),
    (
        r"^id and the classes in the order of your columns, separated by commas$",
        "id und die Klassen in der Reihenfolge Ihrer Spalten, durch Kommas getrennt",
    ),
    (r"^([\d,]+) bytes$", r"\1 Bytes"),
    # Notes.
    (r"^a byte-order mark was skipped$", "eine Byte-Order-Mark (BOM) wurde übersprungen"),
    (
        r"^CR CR LF line ends were read as LF; in Python, open a CSV file with (.*)$",
        r"Zeilenenden CR CR LF wurden als LF gelesen: öffnen Sie eine CSV-Datei in Python mit \1",
    ),
    (r"^(CRLF|CR) line ends were read as LF$", r"Zeilenenden \1 wurden als LF gelesen"),
    (
        r"^quotes were read as CSV quotes; none are needed$",
        "Anführungszeichen wurden als CSV-Anführungszeichen gelesen; nötig sind sie nicht",
    ),
    (
        r"^the lines below the header were not checked: .*$",
        "die Zeilen unter der Kopfzeile wurden nicht geprüft: berichtigen Sie zuerst die erste Zeile",
    ),
    (r"^rows with only separators were skipped$", "Zeilen, die nur aus Trennzeichen bestehen, wurden übersprungen"),
    (r"^an empty line at the end was skipped$", "eine leere Zeile am Ende wurde übersprungen"),
    (r"^([\d,]+) empty lines at the end were skipped$", r"\1 leere Zeilen am Ende wurden übersprungen"),
    (
        r"^the columns are not in the order of the classes: .*$",
        "die Spalten stehen in anderer Reihenfolge als die Klassen: sie wurden nach Namen zugeordnet",
    ),
    (r"^the rows are (.*): they were matched by id$", r"die Zeilen wurden nach id zugeordnet: sie stehen \1"),
    (
        r"in the reverse order of the sample's; check that the labels were reversed too",
        "umgekehrt zur Beispieldatei; prüfen Sie, ob die labels mitgedreht wurden",
    ),
    (
        r"([\d,]+) off the sample's order; check that the labels were moved too",
        r"um \1 Zeilen gegenüber der Beispieldatei verschoben; prüfen Sie, ob die labels mitverschoben wurden",
    ),
    (
        r"sorted by id as text \(1, 10, 2\); check that the labels were sorted too",
        "nach der id als Text sortiert (1, 10, 2); prüfen Sie, ob die labels mitsortiert wurden",
    ),
    (r"in another order than the sample's", "in anderer Reihenfolge als in der Beispieldatei"),
    (
        r"^the labels are sorted by class although .*$",
        "die labels sind nach Klassen sortiert, die ids aber nicht nach labels: wurde nur die Spalte label sortiert,"
        " gehören die meisten labels zu einem anderen Bild; schreiben Sie die Datei noch einmal",
    ),
    (
        r"^([\d,]+) lines do not add up to 1 because of rounding: .*$",
        r"\1 Zeilen ergeben wegen der Rundung nicht 1: für das Ergebnis zählt nur die größte Zahl; Log-Likelihood (NLL)"
        " und Kalibrierung werden ungenau, schreiben Sie dafür mehr Dezimalstellen",
    ),
    (
        r"^probabilities: the most probable class is scored, the first one on a tie",
        "Wahrscheinlichkeiten: gewertet wird die wahrscheinlichste Klasse, bei Gleichstand die erste",
    ),
    (r"\(([\d,]+) lines have one\)$", r"(das gibt es in \1 Zeilen)"),
)
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+")
_PATTERNS = [(re.compile(pattern), german) for pattern, german in PHRASES]


def in_german(text: str) -> str:
    """The sentence in German; a value, such as a class name, stays as it is."""
    for pattern, german in _PATTERNS:
        text = pattern.sub(partial(_filled, german), text)
    return text


def _filled(german: str, match: re.Match[str]) -> str:
    """The German text with the groups of the match; a whole number as `german.number` writes it."""
    return re.sub(r"\\(\d)", lambda reference: _value(match[int(reference[1])]), german)


def _value(text: str) -> str:
    return text.replace(",", NARROW_SPACE) if _THOUSANDS.fullmatch(text) else text

"""The texts of the server's pages, in English and German."""

from __future__ import annotations

from typing import Any

from leaderboard.server.web import german
from leaderboard.server.web.german_phrases import in_german
from leaderboard.server.web.tutor_texts import TUTOR_TEXTS

LANGUAGES = ("en", "de")
# key: (English, German)
TEXTS: dict[str, tuple[str, str]] = {
    "skip": ("Skip to content", "Zum Inhalt springen"),
    "standings": ("Standings", "Rangliste"),
    "my_team": ("My team", "Mein Team"),
    "my_place": ("My place", "Mein Platz"),
    "tutor": ("Tutor", "Kursleitung"),
    "log_in": ("Log in", "Anmelden"),
    "log_out": ("Log out", "Abmelden"),
    "login_lead": (
        "Your tutor has given your team a token.",
        "Das Token Ihres Teams haben Sie von der Kursleitung bekommen.",
    ),
    "token": ("Token", "Token"),
    "link_lead": (
        "This link logs you in once, as {team}.",
        "Mit diesem Link melden Sie sich einmalig an, als {team}.",
    ),
    "wrong_token": (
        "This token belongs to no team of this competition. Copy it again from the tutor's message.",
        "Dieses Token gehört zu keinem Team dieses Wettbewerbs. Kopieren Sie es noch einmal aus der Nachricht.",
    ),
    "left_today": ("Entries left today", "Heute noch verfügbare Einreichungen"),
    "of": ("of {count}", "von {count}"),
    "resets": ("The next day begins {at}, in {wait}.", "Der nächste Tag beginnt in {wait} ({at})."),
    "best": ("Best public score", "Bestes öffentliches Ergebnis"),
    "rank": ("Rank", "Rang"),
    "entries": ("Entries", "Einreichungen"),
    "deadline": ("Deadline", "Abgabeschluss"),
    "your_time": ("In your time zone:", "In Ihrer Zeitzone:"),
    "no_deadline": ("none", "keiner"),
    "over": ("over", "abgelaufen"),
    "status_open": ("Open", "Offen"),
    "status_closed": ("Closed", "Geschlossen"),
    "status_frozen": ("Frozen", "Eingefroren"),
    "status_final": ("Final", "Endgültig"),
    "hand_in": ("Hand in", "Einreichen"),
    "file": ("CSV file", "CSV-Datei"),
    "drop": ("or drop the file here", "oder die Datei hierher ziehen"),
    "message": ("Note for your team", "Notiz für Ihr Team"),
    "message_help": (
        "At most 200 characters; only your team sees it.",
        "Höchstens 200 Zeichen; nur Ihr Team sieht sie.",
    ),
    "send": ("Send", "Abschicken"),
    "check": ("Only check", "Nur prüfen"),
    "not_accepted": ("No entries are accepted now.", "Zurzeit werden keine Einreichungen angenommen."),
    "sample": ("Sample submission", "Beispieldatei"),
    "sending": ("Sending", "Wird gesendet"),
    "scoring": ("Checking and scoring", "Wird geprüft und bewertet"),
    "no_connection": (
        "No connection to the server. Send the same file again: it cannot be entered twice.",
        "Keine Verbindung zum Server. Schicken Sie dieselbe Datei noch einmal; sie zählt nicht doppelt.",
    ),
    "accepted": ("Entry {number} is accepted.", "Einreichung {number} wurde angenommen."),
    "repeated": (
        "This file is already your entry {number}; it used no quota.",
        "Diese Datei ist bereits Ihre Einreichung {number}; sie wurde nicht noch einmal gezählt.",
    ),
    "public_score": ("Public score", "Öffentliches Ergebnis"),
    "private_score": ("Private score", "Privates Ergebnis"),
    "interval": ("95 % interval", "95-%-Intervall"),
    "to": ("{low} to {high}", "{low} bis {high}"),
    "rank_of": ("{rank} of {teams}", "{rank} von {teams}"),
    "group": ("Group of teams that cannot be told apart", "Gruppe nicht unterscheidbarer Teams"),
    "change": ("Change from your previous best", "Gegenüber Ihrem bisher besten Ergebnis"),
    "points": ("percentage points", "Prozentpunkte"),
    "first": ("your first score", "Ihr erstes Ergebnis"),
    "not_ranked_late": (
        "It came after the deadline: it is scored, but does not rank unless the tutor restores it.",
        "Sie kam nach dem Abgabeschluss: Sie wurde bewertet, zählt aber nur, wenn die Kursleitung sie zulässt.",
    ),
    "not_ranked_withdrawn": (
        "Your team has withdrawn this entry: it does not rank unless the tutor restores it.",
        "Ihr Team hat diese Einreichung zurückgezogen: Sie zählt nur, wenn die Kursleitung sie wieder zulässt.",
    ),
    "not_ranked_void": (
        "The tutor has made this entry void: it does not rank.",
        "Die Kursleitung hat diese Einreichung für ungültig erklärt: Sie zählt nicht.",
    ),
    "not_ranked_short_late": ("late", "verspätet"),
    "not_ranked_short_withdrawn": ("withdrawn", "zurückgezogen"),
    "not_ranked_short_void": ("void", "ungültig"),
    "not_counting": (
        "It does not beat your best by the paired standard error, so your public score stays.",
        "Sie übertrifft Ihr bestes Ergebnis nicht um den gepaarten Standardfehler; Ihr öffentliches Ergebnis bleibt.",
    ),
    "baseline": ("a baseline: shown, not ranked", "Vergleichswert: wird angezeigt, ohne Rang"),
    "valid": ("The file is valid. It was only checked.", "Die Datei ist gültig. Sie wurde nur geprüft."),
    "not_valid": ("The file is not valid; it was not scored.", "Die Datei ist nicht gültig; sie wurde nicht bewertet."),
    "no_cost": ("It did not use up an entry.", "Sie wurde nicht als Einreichung gezählt."),
    "line": ("Line", "Zeile"),
    "value": ("Value", "Wert"),
    "problem": ("What is wrong", "Was nicht stimmt"),
    "fix": ("What to do", "Was zu tun ist"),
    "more_like_it": ("and {count} more like it", "und {count} weitere dieser Art"),
    "notes": ("Remarks", "Hinweise"),
    "back": ("Back to my team", "Zurück zu meinem Team"),
    "number": ("No.", "Nr."),
    "date": ("Date", "Datum"),
    "score": ("Score", "Ergebnis"),
    "hash": ("SHA-256", "SHA-256"),
    "download": ("Download", "Herunterladen"),
    "final": ("Final", "Endauswahl"),
    "none_yet": ("No entries yet.", "Noch keine Einreichungen."),
    "picks_help": (
        "Choose at most {picks} for the final standings. If you choose none, your best by public score count.",
        "Wählen Sie höchstens {picks} für die Endwertung. Sonst zählen die mit dem besten öffentlichen Ergebnis.",
    ),
    "choose": ("Save the choice", "Auswahl speichern"),
    "chosen": ("The choice is saved.", "Die Auswahl wurde gespeichert."),
    "with_programs": ("From a program", "Mit einem Programm"),
    "not_shown_yet": ("not shown yet", "noch nicht sichtbar"),
    "board_still": (
        "The board has stood still since {at}: later entries are scored, but not shown until the end.",
        "Die Rangliste wird seit {at} nicht mehr aktualisiert: Spätere Einreichungen werden bewertet, aber erst am Ende"
        " angezeigt.",
    ),
    "error": ("That did not work", "Das hat nicht geklappt"),
    "shown_as": ("On the board your name is {name}", "In der Rangliste heißen Sie {name}"),
    "again_in": ("Try again in {wait}.", "Wieder möglich in {wait}."),
    **TUTOR_TEXTS,
}
# German texts for the codes of refusal.CODES: what is wrong, and what to do. A refusal has its own English texts.
GERMAN_REFUSALS: dict[str, tuple[str, str]] = {
    "malformed": ("Die Anfrage ist nicht lesbar.", "Schicken Sie das Formular noch einmal."),
    "host": (
        "Unter diesem Namen ist der Server nicht erreichbar.",
        "Verwenden Sie die Adresse, die die Kursleitung genannt hat.",
    ),
    "token": ("Das Token gehört zu keinem Team.", "Fragen Sie die Kursleitung nach dem Token Ihres Teams."),
    "session": ("Ihre Anmeldung ist abgelaufen.", "Melden Sie sich noch einmal an."),
    "link": ("Der Link wurde schon benutzt oder ist abgelaufen.", "Bitten Sie die Kursleitung um einen neuen Link."),
    "cross_site": ("Die Anfrage kam von einer anderen Seite.", "Schicken Sie das Formular von dieser Seite aus."),
    "disabled": ("Ihr Team ist gesperrt.", "Fragen Sie die Kursleitung."),
    "merged": ("Ihr Team wurde mit einem anderen zusammengelegt.", "Verwenden Sie dessen Token."),
    "role": ("Mit Ihrer Anmeldung ist diese Seite nicht zugänglich.", "Melden Sie sich mit dem passenden Token an."),
    "not_found": ("Diese Seite gibt es nicht.", "Prüfen Sie die Adresse."),
    "method": ("So lässt sich diese Adresse nicht aufrufen.", "Gehen Sie zurück zur Seite Ihres Teams."),
    "slow": (
        "Die Datei kam nicht rechtzeitig vollständig an.",
        "Schicken Sie sie über eine schnellere Verbindung noch einmal.",
    ),
    "frozen": ("Der Wettbewerb ist eingefroren.", "Es wird nichts mehr angenommen; die Rangliste zeigt den Stand."),
    "closed": ("Der Abgabeschluss ist vorbei.", "Nur die Kursleitung kann Ihrem Team mehr Zeit gewähren."),
    "conflict": ("Der Stand hat sich geändert.", "Laden Sie die Seite neu und versuchen Sie es noch einmal."),
    "too_large": ("Die Datei ist zu groß.", "Schreiben Sie eine Zeile für jede id der Beispieldatei."),
    "invalid": ("Ein Wert stimmt nicht.", "Ändern Sie ihn und schicken Sie das Formular noch einmal."),
    "quota": ("Die Einreichungen von heute sind aufgebraucht.", "Warten Sie auf den nächsten Tag des Wettbewerbs."),
    "busy": ("Ihr Team schickt zu viele Dateien gleichzeitig.", "Schicken Sie eine nach der anderen."),
    "attempts": ("Zu viele Versuche mit falschen Token.", "Warten Sie und kopieren Sie das Token noch einmal."),
    "unavailable": ("Der Server kann gerade nicht antworten.", "Versuchen Sie es in einer Minute noch einmal."),
    "no_space": ("Die Festplatte des Servers ist voll.", "Benachrichtigen Sie die Kursleitung."),
}


def language_of(accepted: str) -> str:
    """The language of LANGUAGES that the reader prefers (Accept-Language: RFC 9110, 12.5.4); English by default."""
    wishes = []
    for place, part in enumerate(accepted[:200].split(",")):
        tag, _, quality = part.partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        wishes.append((-weight, place, tag.strip()[:2].lower()))
    return next((tag for weight, _, tag in sorted(wishes) if tag in LANGUAGES and weight < 0), "en")


def text(language: str, key: str, **values: object) -> str:
    """The text of a key."""
    return TEXTS[key][LANGUAGES.index(language)].format(**values)


def problem_texts(language: str, problem: dict[str, Any]) -> tuple[str, str]:
    """What is wrong in a file and what to do, for a reader."""
    return german.texts(problem) if language == "de" else (problem["what"], problem["fix"])


def note_text(language: str, note: str) -> str:
    """A remark on a file, for a reader."""
    return in_german(note) if language == "de" else note


def refusal_texts(language: str, code: str, english: tuple[str, str]) -> tuple[str, str]:
    """What was refused and what to do, for a reader."""
    return GERMAN_REFUSALS.get(code, english) if language == "de" else english

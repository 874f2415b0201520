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
    "tutor": ("Tutor", "Tutor"),
    "log_in": ("Log in", "Anmelden"),
    "log_out": ("Log out", "Abmelden"),
    "login_lead": ("Your tutor has given your team a token.", "Das Token Ihres Teams haben Sie vom Tutor bekommen."),
    "token": ("Token", "Token"),
    "link_lead": (
        "This link logs you in once, as {team}.",
        "Dieser Link meldet Sie einmal an, als {team}.",
    ),
    "wrong_token": (
        "This token belongs to no team of this competition. Copy it again from the tutor's message.",
        "Dieses Token gehört zu keinem Team dieses Wettbewerbs. Kopieren Sie es noch einmal aus der Nachricht.",
    ),
    "left_today": ("Entries left today", "Einreichungen heute übrig"),
    "of": ("of {count}", "von {count}"),
    "resets": ("The next day begins {at}, in {wait}.", "Der nächste Tag beginnt {at}, in {wait}."),
    "best": ("Best public score", "Bester öffentlicher Wert"),
    "rank": ("Rank", "Rang"),
    "entries": ("Entries", "Einreichungen"),
    "deadline": ("Deadline", "Abgabeschluss"),
    "your_time": ("In your time zone:", "In Ihrer Zeitzone:"),
    "no_deadline": ("none", "keiner"),
    "over": ("over", "vorbei"),
    "status_open": ("Open", "Offen"),
    "status_closed": ("Closed", "Geschlossen"),
    "status_frozen": ("Frozen", "Eingefroren"),
    "status_final": ("Final", "Endgültig"),
    "hand_in": ("Hand in", "Einreichen"),
    "file": ("CSV file", "CSV-Datei"),
    "drop": ("or drop the file here", "oder die Datei hierher ziehen"),
    "message": ("Note for your team", "Notiz für Sie selbst"),
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
        "Keine Verbindung zum Server. Schicken Sie dieselbe Datei noch einmal: doppelt zählt sie nicht.",
    ),
    "accepted": ("Entry {number} is accepted.", "Einreichung {number} ist angenommen."),
    "repeated": (
        "This file is already your entry {number}; it used no quota.",
        "Dieselbe Datei ist schon Ihre Einreichung {number}; sie hat nichts gekostet.",
    ),
    "public_score": ("Public score", "Öffentlicher Wert"),
    "private_score": ("Private score", "Privater Wert"),
    "interval": ("95 % interval", "95-%-Intervall"),
    "to": ("{low} to {high}", "{low} bis {high}"),
    "rank_of": ("{rank} of {teams}", "{rank} von {teams}"),
    "group": ("Group of teams that cannot be told apart", "Nicht unterscheidbare Gruppe"),
    "change": ("Change from your previous best", "Gegen Ihren bisher besten Wert"),
    "points": ("percentage points", "Prozentpunkte"),
    "first": ("your first score", "Ihr erster Wert"),
    "not_ranked_late": (
        "It came after the deadline: it is scored, but does not rank unless the tutor restores it.",
        "Sie kam nach der Frist: Sie ist gespeichert und bewertet, zählt aber nur, wenn die Kursleitung sie zulässt.",
    ),
    "not_ranked_withdrawn": (
        "Your team has withdrawn this entry: it does not rank unless the tutor restores it.",
        "Ihr Team hat diese Abgabe zurückgezogen: Sie zählt nur, wenn die Kursleitung sie wieder zulässt.",
    ),
    "not_ranked_void": (
        "The tutor has made this entry void: it does not rank.",
        "Die Kursleitung hat diese Abgabe für ungültig erklärt: Sie zählt nicht.",
    ),
    "not_ranked_short_late": ("late", "verspätet"),
    "not_ranked_short_withdrawn": ("withdrawn", "zurückgezogen"),
    "not_ranked_short_void": ("void", "ungültig"),
    "not_counting": (
        "It does not beat your best by the paired standard error, so your public score stays.",
        "Sie übertrifft Ihren besten Wert nicht um den gepaarten Standardfehler; Ihr öffentlicher Wert bleibt.",
    ),
    "baseline": ("a baseline: shown, not ranked", "Vergleichswert: gezeigt, ohne Rang"),
    "valid": ("The file is valid. It was only checked.", "Die Datei ist gültig. Sie wurde nur geprüft."),
    "not_valid": ("The file is not valid; it was not scored.", "Die Datei ist nicht gültig; sie wurde nicht bewertet."),
    "no_cost": ("It did not use up an entry.", "Sie hat keine Einreichung gekostet."),
    "line": ("Line", "Zeile"),
    "value": ("Value", "Wert"),
    "problem": ("What is wrong", "Was nicht stimmt"),
    "fix": ("What to do", "Was zu tun ist"),
    "more_like_it": ("and {count} more like it", "und {count} weitere dieser Art"),
    "notes": ("Remarks", "Hinweise"),
    "back": ("Back to my team", "Zurück zu meinem Team"),
    "number": ("No.", "Nr."),
    "date": ("Date", "Datum"),
    "score": ("Score", "Wert"),
    "hash": ("SHA-256", "SHA-256"),
    "download": ("Download", "Herunterladen"),
    "final": ("Final", "Endauswahl"),
    "none_yet": ("No entries yet.", "Noch keine Einreichungen."),
    "picks_help": (
        "Choose at most {picks} for the final standings. If you choose none, your best by public score count.",
        "Wählen Sie höchstens {picks} für die Endwertung. Ohne Wahl zählen die nach öffentlichem Wert besten.",
    ),
    "choose": ("Save the choice", "Auswahl speichern"),
    "chosen": ("The choice is saved.", "Die Auswahl ist gespeichert."),
    "with_programs": ("From a program", "Aus einem Programm"),
    "not_shown_yet": ("not shown yet", "noch nicht gezeigt"),
    "board_still": (
        "The board has stood still since {at}: later entries are scored, but not shown until the end.",
        "Die Rangliste steht seit {at} still: spätere Einreichungen werden bewertet und erst am Ende gezeigt.",
    ),
    "error": ("That did not work", "Das hat nicht geklappt"),
    "shown_as": ("On the board your name is {name}", "Auf der Rangliste heißen Sie: {name}"),
    "again_in": ("Try again in {wait}.", "Wieder möglich in {wait}."),
    **TUTOR_TEXTS,
}
# German texts for the codes of refusal.CODES: what is wrong, and what to do. A refusal has its own English texts.
GERMAN_REFUSALS: dict[str, tuple[str, str]] = {
    "malformed": ("Die Anfrage ist nicht lesbar.", "Schicken Sie das Formular noch einmal."),
    "host": ("Unter diesem Namen ist der Server nicht erreichbar.", "Nehmen Sie die Adresse vom Tutor."),
    "token": ("Das Token gehört zu keinem Team.", "Fragen Sie den Tutor nach dem Token Ihres Teams."),
    "session": ("Ihre Anmeldung ist abgelaufen.", "Melden Sie sich noch einmal an."),
    "link": ("Der Link wurde schon benutzt oder ist abgelaufen.", "Bitten Sie den Tutor um einen neuen Link."),
    "cross_site": ("Die Anfrage kam von einer anderen Seite.", "Schicken Sie das Formular von dieser Seite aus."),
    "disabled": ("Ihr Team ist gesperrt.", "Fragen Sie den Tutor."),
    "merged": ("Ihr Team wurde mit einem anderen zusammengelegt.", "Verwenden Sie dessen Token."),
    "role": ("Diese Seite ist nicht für Ihre Anmeldung.", "Melden Sie sich mit dem passenden Token an."),
    "not_found": ("Diese Seite gibt es nicht.", "Prüfen Sie die Adresse."),
    "method": ("So lässt sich diese Adresse nicht aufrufen.", "Gehen Sie zurück zur Seite Ihres Teams."),
    "slow": ("Die Datei kam nicht rechtzeitig ganz an.", "Schicken Sie sie noch einmal, über eine schnellere Leitung."),
    "frozen": ("Der Wettbewerb ist eingefroren.", "Es wird nichts mehr angenommen; sehen Sie in die Rangliste."),
    "closed": ("Der Abgabeschluss ist vorbei.", "Nur der Tutor kann Ihrem Team einen späteren gewähren."),
    "conflict": ("Der Stand hat sich geändert.", "Sehen Sie nach, und wählen Sie noch einmal."),
    "too_large": ("Die Datei ist zu groß.", "Schreiben Sie eine Zeile für jede id der Beispieldatei."),
    "invalid": ("Ein Wert stimmt nicht.", "Ändern Sie ihn, und schicken Sie das Formular noch einmal."),
    "quota": ("Die Einreichungen von heute sind aufgebraucht.", "Warten Sie auf den nächsten Tag des Wettbewerbs."),
    "busy": ("Zu viele Dateien Ihres Teams sind gleichzeitig unterwegs.", "Schicken Sie eine nach der anderen."),
    "attempts": ("Zu viele falsche Token.", "Warten Sie, und kopieren Sie das Token noch einmal."),
    "unavailable": ("Der Server kann gerade nicht antworten.", "Versuchen Sie es in einer Minute noch einmal."),
    "no_space": ("Die Festplatte des Servers ist voll.", "Sagen Sie dem Tutor Bescheid."),
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
